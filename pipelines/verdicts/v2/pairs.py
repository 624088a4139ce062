"""The pairs that are judged: those of v1 with the truth, the comparison with it, and a mark on those that are not in the sample."""

from __future__ import annotations

import hashlib
from collections import defaultdict

from pipelines.verdicts.v1.pairs import fault, opponents, pairs
from pipelines.verdicts.v1.pairs import forfeited as forfeited_v1
from pipelines.verdicts.v1.pairs import with_controls as with_controls_v1
from pipelines.verdicts.v2.schema import NOT_SAMPLED, Params
from xlforge.base.rows import Row
from xlforge.evaluation.judging.by_truth import better

__all__ = ["compared", "fault", "forfeited", "opponents", "pairs", "sampled", "with_controls"]


def sampled(benchmark: list[Row], params: Params) -> list[Row]:
    """The prompts that a judge sees: the same questions in every set and language, by hash of their ids."""
    if params.sample is None or params.judge == "embedded":
        return benchmark
    groups: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for prompt in sorted(benchmark, key=lambda prompt: _hash(prompt["prompt_id"])):
        groups[prompt["set"], prompt["language"]].append(prompt)
    kept = {prompt["id"] for group in groups.values() for prompt in group[: params.sample]}
    return [prompt for prompt in benchmark if prompt["id"] in kept]


def compared(rows: list[Row], benchmark: list[Row], params: Params) -> list[Row]:
    """The pairs with the comparison with the truth, and a mark on those that the judge does not see."""
    prompts = {prompt["id"]: prompt for prompt in benchmark}
    seen = {prompt["id"] for prompt in sampled(benchmark, params)}
    return [row if row["reject"] else _compared(row, prompts[row["prompt_row"]], seen, params) for row in rows]


def _compared(row: Row, prompt: Row, seen: set[str], params: Params) -> Row:
    by_truth, decided_by = better(row["answer"], row["other"], prompt, params.margin)
    mark = {} if row["prompt_row"] in seen else {"settled_by": NOT_SAMPLED, "preference": None}
    return {**row, "by_truth": by_truth, "decided_by": decided_by, **mark}


def forfeited(row: Row) -> Row | None:
    """As in v1; a pair that is not in the sample is complete too."""
    return row if row.get("settled_by") == NOT_SAMPLED else forfeited_v1(row)


def with_controls(rows: list[Row], benchmark: list[Row], reference: dict[str, Row]) -> list[Row]:
    """As in v1, with the truth of the control question."""
    truths = {(prompt["set"], prompt["language"], prompt["prompt"]): prompt["truth"] for prompt in benchmark}
    return [
        {**row, "control_truth": truths.get((row["set"], row["language"], row.get("control_question")))}
        for row in with_controls_v1(rows, benchmark, reference)
    ]


def _hash(name: str) -> bytes:
    return hashlib.sha256(f"judged {name}".encode()).digest()

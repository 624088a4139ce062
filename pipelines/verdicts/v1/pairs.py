"""Who is compared with whom: one row a benchmark prompt and opponent, with both answers, before anyone has judged."""

from __future__ import annotations

import hashlib
from bisect import bisect
from collections import defaultdict
from operator import itemgetter
from typing import Any

from xlforge.base.rows import reject
from xlforge.evaluation.judging.appeals import appeal
from xlforge.languages.registry import language

Row = dict[str, Any]
KEPT = ("prompt_id", "set", "language")


def opponents(model: str, reference: str, against: str) -> list[str]:
    """Whose answers a model's are compared with: the reference's and those of the model it is set against, never its own."""
    return [name for name in dict.fromkeys([reference, against]) if name != model]


def fault(answer: str, prompt: str) -> str | None:
    """Why an answer cannot win by what it says: it says nothing, or speaks to its judge."""
    if not answer:
        return "silent"
    return "appeal" if appeal(answer, prompt) else None


def pairs(benchmark: list[Row], mine: dict[str, Row], theirs: dict[str, dict[str, Row]]) -> list[Row]:
    """Every pair, by benchmark id and opponent; without a verdict (`reject`) where either answer is missing.

    mine: the model's answers by id. theirs: the same for each opponent.
    """
    out = []
    for prompt in benchmark:
        own = mine.get(prompt["id"])
        for opponent, answers in theirs.items():
            other = answers.get(prompt["id"])
            row = {"id": f"{prompt['id']}/{opponent}", "prompt_row": prompt["id"], "opponent": opponent}
            row |= {key: prompt[key] for key in KEPT}
            if own is None or other is None:
                which = "missing_answer" if own is None else "missing_opponent_answer"
                told = "the stage `answers` set it aside; see its rejects.parquet"
                out.append({**row, "reject": reject(which, told)})
                continue
            out.append(
                {
                    **row,
                    "question": prompt["prompt"],
                    "language_name": language(prompt["language"]).name,
                    "truth": prompt["truth"],
                    "answer": own["answer"],
                    "other": other["answer"],
                    "fault": fault(own["answer"], prompt["prompt"]),
                    "opponent_fault": fault(other["answer"], prompt["prompt"]),
                    "length": len(own["answer"]),
                    "opponent_length": len(other["answer"]),
                    "first_order": None,
                    "second_order": None,
                    "agreed": None,
                    "control_question": None,
                    "control_answer": None,
                    "provenance": own["provenance"],
                    "reject": None,
                }
            )
    return out


def forfeited(row: Row) -> Row | None:
    """The verdict on a pair of which a side is at fault: that side loses, and both are a tie. None where neither is."""
    if not row["fault"] and not row["opponent_fault"]:
        return None
    preference = 0.5 if row["fault"] and row["opponent_fault"] else float(row["fault"] is None)
    return {**row, "preference": preference, "settled_by": "forfeit"}


def with_controls(rows: list[Row], benchmark: list[Row], reference: dict[str, Row]) -> list[Row]:
    """The pairs, each with another question of its set and language, and the reference's answer to that one.

    The other question is the next by hash of its id, so that adding a prompt changes few. A pair alone in its set and language gets none.
    """
    groups: dict[tuple[str, str], list[tuple[bytes, Row]]] = defaultdict(list)
    for prompt in benchmark:
        answer = reference.get(prompt["id"])
        if answer is not None and fault(answer["answer"], prompt["prompt"]) is None:
            groups[prompt["set"], prompt["language"]].append((_hash(prompt["id"]), prompt))
    for group in groups.values():
        group.sort(key=itemgetter(0))
    out = []
    for row in rows:
        group = groups[row["set"], row["language"]]
        start = bisect(group, _hash(row["prompt_row"]), key=itemgetter(0))
        others = (prompt for _, prompt in [*group[start:], *group[:start]] if prompt["prompt_id"] != row["prompt_id"])
        found = next(others, None)
        asked = found and {"control_question": found["prompt"], "control_answer": reference[found["id"]]["answer"]}
        out.append({**row, **(asked or {})})
    return out


def _hash(row_id: str) -> bytes:
    return hashlib.sha256(row_id.encode()).digest()

"""The pairs that are judged: one row for each benchmark prompt and opponent, with both answers."""

from __future__ import annotations

import hashlib
from bisect import bisect
from collections import defaultdict
from operator import itemgetter

from xlforge.base.rows import Row, reject
from xlforge.languages.registry import language

KEPT = ("prompt_id", "set", "language")
EMPTY = ("first_order", "second_order", "agreed", "control_question", "control_answer", "reject")


def opponents(model: str, reference: str, against: str) -> list[str]:
    """The models that a model is compared with: the reference and the one it is `against`, never itself."""
    return [name for name in dict.fromkeys([reference, against]) if name != model]


def fault(answer: str) -> str | None:
    """Why an answer loses before it is judged: `silent` for an empty one."""
    return None if answer else "silent"


def pairs(benchmark: list[Row], mine: dict[str, Row], theirs: dict[str, dict[str, Row]]) -> list[Row]:
    """Every pair, by benchmark id and opponent; rejected where an answer is missing.

    Args:
        mine: the model's answers by benchmark id.
        theirs: the same for each opponent.
    """
    return [
        _pair(prompt, mine.get(prompt["id"]), opponent, answers.get(prompt["id"]))
        for prompt in benchmark
        for opponent, answers in theirs.items()
    ]


def _pair(prompt: Row, own: Row | None, opponent: str, other: Row | None) -> Row:
    row = {"id": f"{prompt['id']}/{opponent}", "prompt_row": prompt["id"], "opponent": opponent}
    row |= {key: prompt[key] for key in KEPT}
    if own is None or other is None:
        reason = "missing_answer" if own is None else "missing_opponent_answer"
        return {**row, "reject": reject(reason, "the stage `answers` rejected it; see its rejects.parquet")}
    return {
        **row,
        **dict.fromkeys(EMPTY),
        "question": prompt["prompt"],
        "language_name": language(prompt["language"]).name,
        "truth": prompt["truth"],
        "answer": own["answer"],
        "other": other["answer"],
        "fault": fault(own["answer"]),
        "opponent_fault": fault(other["answer"]),
        "length": len(own["answer"]),
        "opponent_length": len(other["answer"]),
        "provenance": own["provenance"],
    }


def forfeited(row: Row) -> Row | None:
    """The verdict on a pair with an empty answer, which loses; two empty answers are a tie. None for other pairs."""
    if not row["fault"] and not row["opponent_fault"]:
        return None
    preference = 0.5 if row["fault"] and row["opponent_fault"] else float(row["fault"] is None)
    return {**row, "preference": preference, "settled_by": "forfeit"}


def with_controls(rows: list[Row], benchmark: list[Row], reference: dict[str, Row]) -> list[Row]:
    """The pairs, each with another question of its set and language, and the reference's answer to that question.

    The other question is the next one by hash of its id, so a new prompt changes few pairs. The only pair of a set and language gets none.
    """
    groups: dict[tuple[str, str], list[tuple[bytes, Row]]] = defaultdict(list)
    for prompt in benchmark:
        answer = reference.get(prompt["id"])
        if answer is not None and fault(answer["answer"]) is None:
            groups[prompt["set"], prompt["language"]].append((_hash(prompt["id"]), prompt))
    for group in groups.values():
        group.sort(key=itemgetter(0))
    out = []
    for row in rows:
        group = groups[row["set"], row["language"]]
        start = bisect(group, _hash(row["prompt_row"]), key=itemgetter(0))
        others = (prompt for _, prompt in [*group[start:], *group[:start]] if prompt["prompt_id"] != row["prompt_id"])
        found = next(others, None)
        control = found and {"control_question": found["prompt"], "control_answer": reference[found["id"]]["answer"]}
        out.append({**row, **(control or {})})
    return out


def _hash(row_id: str) -> bytes:
    return hashlib.sha256(row_id.encode()).digest()

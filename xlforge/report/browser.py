"""The rows that the page's browser holds: training examples, what was set aside, and the answers to the benchmark's prompts.

A row is made of what the stages delivered about it; what rows share (the English way of a seed, the calls behind it) is held once.
"""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import orjson
import polars as pl

from xlforge.report.built import Built
from xlforge.report.distributions import GRADES
from xlforge.report.sample import drawn

LONGEST = 4000
"""Characters of a text that are shown; the page says how many more there are."""
Row = dict[str, Any]
_UNSAFE = re.compile("[<>&\u2028\u2029]")


def cut(text: str | None) -> str | None:
    """A text as the page shows it: a very long one ends with the number of characters left out."""
    if text is None or len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]} … ({len(text) - LONGEST} more characters)"


def rows(built: Built, right: dict[str, bool], most: int, room: int) -> dict[str, Any]:
    """What the page embeds. most: rows; room: bytes of their JSON.

    rows: with `pair`, a key of `pairs` (passage, question, answer, grades), and `calls`, places in the list `calls`. counts: by stage, how
    many rows there are and how many are held.
    """
    index = drawn(built)
    made = _Maker(built, right)
    held: list[Row] = []
    used = 0
    for start in range(0, min(most, len(index)), 200):
        chosen = index[start : min(start + 200, most)]
        fresh = made.rows(chosen)
        sizes = [size_of(one) for one in fresh]
        for row, size in zip(fresh, sizes, strict=True):
            used += size + made.add(row)
            if used > room:
                break
            held.append(row)
        if used > room:
            break
    wanted = {row["pair"] for row in held if row["pair"]}
    there = Counter(index["stage"])
    kept = Counter(row["stage"] for row in held)
    return {
        "rows": sorted(held, key=lambda row: (row["stage"] != "dataset", row["stage"], row["id"], row["item"])),
        "pairs": {key: pair for key, pair in sorted(made.pairs.items()) if key in wanted},
        "calls": made.calls,
        "counts": {stage: [kept[stage], there[stage]] for stage in dict.fromkeys(index.sort("place")["stage"])},
    }


class _Maker:
    """Makes the page's rows from the index, and keeps what they share: `pairs` by seed id, and `calls`."""

    def __init__(self, built: Built, right: dict[str, bool]) -> None:
        self.built, self.right = built, right
        self.pairs: dict[str, Row] = {}
        self.calls: list[dict[str, str]] = []
        self._places: dict[str, int] = {}
        self._counted: set[str] = set()

    def add(self, row: Row) -> int:
        """The bytes that a row adds beside its own: of its pair, the first time."""
        key = row["pair"]
        if not key or key in self._counted:
            return 0
        self._counted.add(key)
        return size_of(self.pairs[key]) + len(key)

    def rows(self, index: pl.DataFrame) -> list[Row]:
        """The rows of a part of the index, in its order."""
        seeds = index.filter(pl.col("stage") != "prompts")["seed"].unique()
        self._read_pairs(seeds)
        ids = index["id"].implode()
        examples = by(self.built.examples.filter(pl.col("id").is_in(ids)), "id")
        learnt = grouped(self.built.lessons.filter(pl.col("id").is_in(ids)), "id")
        answers = seeds.implode()
        candidates = grouped(self.built.candidates.filter(pl.col("answer_id").is_in(answers)), "answer_id", "language")
        aside = by(self.built.rejects.filter(pl.col("id").is_in(ids)), "stage", "item", "id")
        prompts = by(self.built.benchmark.filter(pl.col("id").is_in(ids)), "id")
        tried = {
            name: grouped(
                getattr(self.built, name).filter(pl.col("id" if name != "verdicts" else "prompt_row").is_in(ids)),
                "id" if name != "verdicts" else "prompt_row",
            )
            for name in ("answers", "measures", "verdicts")
        }
        made = []
        for entry in index.to_dicts():
            row = {key: entry[key] for key in ("id", "stage", "item", "language", "reason")}
            row |= {"pair": entry["seed"] if entry["seed"] in self.pairs else "", "grade": None, "quality": None}
            if entry["stage"] == "prompts":
                row |= self._prompt(
                    prompts[entry["id"],], {name: found.get((entry["id"],), []) for name, found in tried.items()}
                )
            else:
                beside = candidates.get((entry["seed"], entry["language"]), [])
                if entry["stage"] == "dataset" and not entry["reason"]:
                    row |= self._example(examples[entry["id"],], beside, learnt.get((entry["id"],), []))
                else:
                    row |= self._aside(aside[entry["stage"], entry["item"], entry["id"]], beside)
            made.append(row)
        return made

    def _read_pairs(self, seeds: pl.Series) -> None:
        """The English way of seeds that are not known yet."""
        ids = seeds.filter(~seeds.is_in(list(self.pairs))).implode()
        built = self.built
        graded = by(built.scores.filter(pl.col("id").is_in(ids)), "id")
        answered = by(built.responses.filter(pl.col("id").is_in(ids)), "id")
        asked = by(built.instructions.filter(pl.col("id").is_in(ids)), "id")
        for seed in built.seeds.filter(pl.col("id").is_in(ids)).iter_rows(named=True):
            key = (seed["id"],)
            score = graded.get(key)
            last = score or answered.get(key) or asked.get(key) or {}
            self.pairs[seed["id"]] = {
                "passage": cut(seed["passage"]),
                "source": cut(seed["source"]),
                "question": cut(last.get("instruction")),
                "answer": cut(last.get("response")),
                "grades": {name: score[name] for name in GRADES} | {"mean": score["mean"]} if score else None,
                "reasons": [cut(reason) for reason in score["reasons"]] if score else None,
                "calls": [self._call(call) for call in last.get("provenance", [])],
            }

    def _example(self, example: Row, candidates: list[Row], learnt: list[Row]) -> Row:
        return {
            "prompt": cut(example["prompt"][0]["content"]),
            "completion": cut(example["completion"][0]["content"]),
            "grade": example["scores"]["mean"],
            "quality": example["qe"]["quality"] if example["qe"] else None,
            "candidates": self._candidates(candidates),
            "calls": [self._call(call) for call in example["provenance"]],
            "students": sorted(one["student"] for one in learnt),
        }

    def _aside(self, mark: Row, candidates: list[Row]) -> Row:
        return {
            "detail": cut(mark["detail"]),
            "raw": cut(mark["raw"]),
            "candidates": self._candidates(candidates) if mark["stage"] in ("selection", "dataset") else [],
        }

    def _candidates(self, candidates: list[Row]) -> list[Row]:
        return [
            {
                "number": one["candidate"] + 1,
                "translator": one["translator"],
                "text": cut(one["translation"]),
                "back": True if one["back_translation"] == one["response"] else cut(one["back_translation"]),
                **{
                    key: rounded(one[key]) for key in ("quality", "round_trip", "likelihood", "comet", "language_share")
                },
                "problems": one["problems"],
                "chosen": one["chosen"],
                "right": self.right.get(one["id"]),
            }
            for one in sorted(candidates, key=lambda one: one["candidate"])
        ]

    def _prompt(self, prompt: Row, tried: dict[str, list[Row]]) -> Row:
        reference = self.built.params.block("verdicts").reference
        measures = {one["model"]: one for one in tried["measures"]}
        judged = {one["model"]: one for one in tried["verdicts"] if one["opponent"] == reference}
        names = list(self.built.params.models)
        answers = []
        for one in sorted(tried["answers"], key=lambda one: names.index(one["model"])):
            measured, verdict = measures.get(one["model"], {}), judged.get(one["model"], {})
            answers.append(
                {
                    "model": one["model"],
                    "text": cut(one["answer"]),
                    "preference": verdict.get("preference"),
                    **{key: measured.get(key) for key in ("right_language", "line_pass", "facts", "chrf")},
                }
            )
        return {"prompt": cut(prompt["prompt"]), "truth": cut(prompt["truth"]), "answers": answers}

    def _call(self, call: dict[str, str]) -> int:
        key = orjson.dumps(call).decode()
        if key not in self._places:
            self._places[key] = len(self.calls)
            self.calls.append(call)
        return self._places[key]


def rounded(value: float | None) -> float | None:
    """To four digits, which is what the page shows."""
    return None if value is None else round(value, 4)


def by(frame: pl.DataFrame, *keys: str) -> dict[tuple[Any, ...], Row]:
    """Rows by their key."""
    return {tuple(row[key] for key in keys): row for row in frame.iter_rows(named=True)}


def grouped(frame: pl.DataFrame, *keys: str) -> dict[tuple[Any, ...], list[Row]]:
    """Lists of rows by their key."""
    found: dict[tuple[Any, ...], list[Row]] = {}
    for row in frame.iter_rows(named=True):
        found.setdefault(tuple(row[key] for key in keys), []).append(row)
    return found


def size_of(data: Any) -> int:
    """Bytes that it takes in the page, with a comma."""
    return len(embedded(data).encode()) + 1


def embedded(data: Any) -> str:
    """JSON that may stand in a script element: nothing in it opens or closes a tag, or ends a line of a script."""
    text = orjson.dumps(data).decode()
    return _UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)

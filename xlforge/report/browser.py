"""The rows that the page holds: training examples, rejects, and the answers to the benchmark's prompts.

A row combines what the stages delivered about it. What rows share (the English pair of a seed, kinds of model calls) is held once.

Where a page cannot hold all rows, it takes them in turn from every group of stage, language and reason. The rows of a group are ordered by
a hash of their seed, so equal builds give equal samples and the languages of a seed come together.
"""

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

import orjson
import polars as pl
import polars.selectors as cs

from xlforge.languages.registry import LANGUAGES
from xlforge.report.built import Built
from xlforge.report.figures import GRADES

LONGEST = 4000
"""Characters of a text that are shown; the page gives the number of the others."""
SMALLEST = 100
"""Bytes that any row takes, so that rows are not read for which there is no room."""
ESTIMATES = ("quality", "round_trip", "likelihood", "comet", "embedding", "language_share")
MEASURES = ("right_language", "line_pass", "facts", "chrf")
PAIR = {"passage": "passage", "source": "source", "question": "instruction", "answer": "response"}
CALL = ("stage", "version", "model", "prompt", "fault")
EXAMPLES = "dataset"
"""The stage whose rows are training examples."""
PROMPTS = "prompts"
"""The name under which the page shows the benchmark's prompts with the models' answers."""
_GROUP = ("stage", "item", "language", "reason")
Row = dict[str, Any]
_UNSAFE = re.compile("[<>&\u2028\u2029]")


def rows(built: Built, right: dict[str, bool], room: int) -> dict[str, Any]:
    """What the page embeds.

    Args:
        built: the build.
        right: candidate id → whether it is right, where that is known.
        room: bytes that the JSON of all rows may take.

    Returns:
        rows: with `pair`, a key of `pairs` (passage, question, answer, grades), and `calls`, positions in the list `calls`. counts: by
        stage, how many rows are held and how many there are.
    """
    index = sampled(built)
    source = _Source(built, right, index.head(min(built.config.report.rows, max(0, room) // SMALLEST)))
    held: list[Row] = []
    pairs: dict[str, Row] = {}
    for entry in source.index.iter_rows(named=True):
        row = source.row(entry)
        pair = {} if row["pair"] in pairs else {row["pair"]: source.pair(row["pair"])}
        room -= len(embedded([row, pair]).encode())
        if room < 0:
            break
        held.append(row)
        pairs |= pair
    here, every = Counter(row["stage"] for row in held), Counter(index.sort("stage")["stage"])
    return {
        "rows": sorted(held, key=lambda row: (row["stage"] != EXAMPLES, row["stage"], row["id"], row["item"])),
        "pairs": {key: pair for key, pair in sorted(pairs.items()) if key},
        "calls": [dict(zip(CALL, call, strict=True)) for call in source.calls],
        "counts": {stage: [here[stage], count] for stage, count in every.items()},
    }


class _Source:
    """Rows of the page by their entry in the index, and the kinds of calls behind them."""

    def __init__(self, built: Built, right: dict[str, bool], index: pl.DataFrame) -> None:
        self.index, self._right = index, right
        self.calls: dict[tuple[str | None, ...], int] = {}
        ids, seeds = index["id"].unique().implode(), index["seed"].unique().implode()
        of_ids, of_seeds = pl.col("id").is_in(ids), pl.col("id").is_in(seeds)
        self._pairs: dict[str, Row] = {}
        # Every stage whose rows have the passage adds to the pair of a seed.
        for stage in (each for each in built.stages if "passage" in built.scan(each).collect_schema()):
            for row in built.table(stage).filter(of_seeds).to_dicts():
                self._pairs.setdefault(row["id"], {}).update(row)
        candidates = built.table("selection", "candidates").filter(pl.col("answer_id").is_in(seeds)).sort("candidate")
        self._candidates = _by(candidates.with_columns(cs.float().round(4)), "answer_id", "language")
        self._examples = _by(built.table(EXAMPLES).filter(of_ids), "id")
        self._lessons = _by(built.table("student").filter(of_ids), "id") if built.config.students else {}
        self._rejects = _by(built.rejects.filter(of_ids), "stage", "item", "id")
        self._prompts = _by(built.table("benchmark").filter(of_ids), "id")
        self._answers = _by(_answers(built).filter(of_ids), "id")

    def row(self, entry: Row) -> Row:
        """The row of an entry."""
        key = entry["id"]
        row = {name: entry[name] for name in ("id", "stage", "item", "language", "reason")}
        row |= {"pair": entry["seed"] if entry["seed"] in self._pairs else "", "grade": None, "quality": None}
        if entry["stage"] == PROMPTS:
            return row | {"pair": ""} | self._prompt(self._prompts[key][0])
        found = self._candidates.get((entry["seed"], entry["language"]), [])
        row["candidates"] = [self._candidate(one) for one in found]
        if entry["reason"]:
            reject = self._rejects[entry["stage"], entry["item"], key][0]
            calls = self._pairs.get(entry["seed"], {}).get("provenance", [])
            calls = [*calls, *(call for call in reject["provenance"] if call not in calls)]
            return row | {name: cut(reject[name]) for name in ("detail", "raw")} | {"calls": self._called(calls)}
        return row | self._example(self._examples[key][0])

    def pair(self, seed: str) -> Row:
        """The English pair of a seed; None for what no stage delivered."""
        pair = self._pairs.get(seed, {})
        graded = "mean" in pair
        return {
            **{name: cut(pair.get(column)) for name, column in PAIR.items()},
            "grades": {name: pair[name] for name in (*GRADES, "mean")} if graded else None,
            "reasons": [cut(reason) for reason in pair["reasons"]] if graded else None,
        }

    def _example(self, example: Row) -> Row:
        return {
            "prompt": cut(example["prompt"][0]["content"]),
            "completion": cut(example["completion"][0]["content"]),
            "grade": example["scores"]["mean"],
            "quality": example["qe"]["quality"] if example["qe"] else None,
            "calls": self._called(example["provenance"]),
            "students": [lesson["item"] for lesson in self._lessons.get(example["id"], [])],
        }

    def _candidate(self, one: Row) -> Row:
        same = one["back_translation"] == one["response"]
        return {
            "number": one["candidate"] + 1,
            "text": cut(one["translation"]),
            "back": same or cut(one["back_translation"]),
            "right": self._right.get(one["id"]),
            **{name: one[name] for name in ("translator", "problems", "chosen")},
            **{name: one.get(name) for name in ESTIMATES},
        }

    def _prompt(self, prompt: Row) -> Row:
        answers = [
            {"model": one["item"], "text": cut(one["answer"])} | {name: one[name] for name in ("preference", *MEASURES)}
            for one in self._answers.get(prompt["id"], [])
        ]
        return {"prompt": cut(prompt["prompt"]), "truth": cut(prompt["truth"]), "answers": answers}

    def _called(self, provenance: Iterable[Row]) -> list[int]:
        """Positions in `calls`, which leaves out the keys: those are what `xlforge trace` is for."""
        kinds = [tuple(call[name] for name in CALL) for call in provenance]
        return [self.calls.setdefault(kind, len(self.calls)) for kind in kinds]


def _answers(built: Built) -> pl.DataFrame:
    """The answers of all models, measured, with the verdict against the reference."""
    reference = built.config.block("verdicts").reference
    measures = built.table("verdicts", "answers").select("id", "item", *MEASURES)
    verdicts = built.table("verdicts").filter(opponent=reference).select("item", "preference", id="prompt_row")
    answers = built.table("answers").join(measures, on=["id", "item"], how="left", maintain_order="left")
    return answers.join(verdicts, on=["id", "item"], how="left", maintain_order="left")


def cut(text: str | None) -> str | None:
    """A text as the page shows it: a very long one ends with the number of characters left out."""
    if text is None or len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST]} … ({len(text) - LONGEST} more characters)"


def _by(frame: pl.DataFrame, *keys: str) -> dict[Any, list[Row]]:
    """Lists of rows by the value of a column, or by those of several columns as a tuple."""
    return frame.rows_by_key(keys, named=True, include_key=True)


def embedded(data: Any) -> str:
    """JSON for a script element: nothing in it opens or closes a tag, or ends a line of a script."""
    text = orjson.dumps(data).decode()
    return _UNSAFE.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def sampled(built: Built) -> pl.DataFrame:
    """Every row that a page may hold, in the order in which they are taken: stage, item, language, reason, id, seed."""
    stages = pl.Enum(list(dict.fromkeys((EXAMPLES, *built.stages, PROMPTS))))
    example = {"stage": pl.lit(EXAMPLES), "item": pl.lit(""), "reason": pl.lit("")}
    seed = pl.col("id").str.split("/").list.first()
    examples = built.table(EXAMPLES).select("id", "language", seed="seed_id", **example)
    rejects = built.rejects.select("id", "stage", "item", "reason", language=_language(built.stages[0]), seed=seed)
    prompt = {"stage": pl.lit(PROMPTS), "item": pl.col("set"), "reason": pl.lit("")}
    prompts = built.table("benchmark").select("id", "language", seed="prompt_id", **prompt)
    hashed = pl.col("seed").map_elements(_hash, return_dtype=pl.String)
    rows = pl.concat([examples, rejects, prompts], how="diagonal")
    rows = rows.with_columns(pl.col("stage").cast(stages), hash=hashed)
    ranked = rows.sort("hash", "id").with_columns(rank=pl.int_range(pl.len()).over(_GROUP))
    return ranked.sort("rank", *_GROUP, "id").drop("hash", "rank")


def _language(first: str) -> pl.Expr:
    """The language of a reject: its item, or a part of its id, or English. That of a passage is not known: it is empty."""
    parts = pl.concat_list(pl.col("id").str.split("/"), "item")
    code = parts.list.eval(pl.element().filter(pl.element().is_in(list(LANGUAGES)))).list.last()
    return code.fill_null(pl.col("stage").replace_strict({first: ""}, default="en", return_dtype=pl.String))


def _hash(seed: str) -> str:
    return hashlib.blake2b(seed.encode(), digest_size=8).hexdigest()

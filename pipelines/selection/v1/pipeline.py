"""selection v1: checks on every candidate, a quality estimate of those that pass, and the best one of each answer.

The cheap checks (language, integrity) come first, so no model is called for a candidate that fails them.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts

from pipelines.selection.v1.schema import Params
from xlforge.base.rows import Row, reject
from xlforge.checks import comet, estimates, integrity
from xlforge.checks import language as identification
from xlforge.steps.context import Context
from xlforge.steps.llm_step import WHOLE_STAGE, LLMStep
from xlforge.steps.map_step import MapStep
from xlforge.steps.parsing import plain_text

PROMPTS = Path(__file__).parent / "prompts"


class Check(MapStep):
    """response, translation → language_share, problems: everything that makes the candidate unfit, in the order of the checks."""

    code: str
    min_language_share: float
    thresholds: dict[str, float]

    def work(self, row: Row) -> Row:
        share = identification.share(row["translation"], self.code)
        found = integrity.problems(row["response"], row["translation"], self.code, **self.thresholds)
        problems = [str(problem) for problem in found]
        if share < self.min_language_share:
            problems.insert(0, f"wrong_language: {share:.2f} of it is {self.code}")
        return {**row, "language_share": share, "problems": problems, "back_translation": None}


class BackTranslate(LLMStep):
    """translation → back_translation, for candidates without problems."""

    def takes(self, row: Row) -> bool:
        return not row["problems"]

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        return {"back_translation": plain_text(output or "")}


class Estimate(MapStep):
    """A candidate with its translation back and its log-probability → round_trip, likelihood, comet, quality (0 to 1)."""

    code: str
    weights: dict[str, float]
    comet_model: str | None = None

    def map_all(self, inputs: list[Row]) -> list[Row]:
        fit = [row for row in inputs if not row["reject"] and not row["problems"]]
        pairs = [(row["response"], row["translation"]) for row in fit]
        scores = comet.scores(self.comet_model, pairs, self.code) if self.weights["comet"] else [None] * len(fit)
        by_id = {row["id"]: score for row, score in zip(fit, scores, strict=True)}
        return super().map_all([{**row, "comet": by_id.get(row["id"])} for row in inputs])

    def work(self, row: Row) -> Row:
        back, logprob = row["back_translation"], row["logprob"]
        found = {
            "round_trip": None if back is None else estimates.round_trip(row["response"], back),
            "likelihood": None if logprob is None else math.exp(logprob),
            "comet": row["comet"],
        }
        quality = None if row["problems"] else estimates.combine(found, self.weights)
        return {**row, **found, "quality": quality}


class Choose(MapStep):
    """Marks the best candidate of each answer as `chosen`; among equals, the first."""

    min_quality: float

    def map_all(self, inputs: list[Row]) -> list[Row]:
        out: list[Row] = []
        for rows in _by_answer(inputs):
            fit = [row for row in rows if not row["reject"] and not row["problems"]]
            good = [row for row in fit if row["quality"] >= self.min_quality]
            best = max(good, key=lambda row: row["quality"], default=None)
            out += [{**row, "chosen": row is best} for row in rows]
        return out


def _by_answer(rows: list[Row]) -> Iterator[list[Row]]:
    """The candidates of each answer, in order."""
    ordered = sorted(rows, key=lambda row: (row["answer_id"], row["candidate"]))
    for _, group in groupby(ordered, key=lambda row: row["answer_id"]):
        yield list(group)


def chosen(candidates: list[Row], min_quality: float) -> list[Row]:
    """One row an answer: its chosen candidate, or a reject with the fault of every candidate."""
    return [_chosen(rows, min_quality) for rows in _by_answer(candidates)]


def _chosen(rows: list[Row], min_quality: float) -> Row:
    row_id = f"{rows[0]['answer_id']}/{rows[0]['language']}"
    best = next((row for row in rows if row["chosen"]), None)
    if best is None:
        faults = [_fault(row, min_quality) for row in rows]
        detail = "; ".join(f"{row['candidate']}: {fault}" for row, fault in zip(rows, faults, strict=True))
        calls = [call for row in rows for call in row["provenance"]]
        mark = reject(faults[0].split(":")[0], detail, rows[0]["translation"])
        return {"id": row_id, "reject": mark, "provenance": calls}
    fit = [row for row in rows if row.get("quality") is not None]
    first = next((row for row in fit if row["candidate"] == 0), {})
    firsts = {"first": first.get("translation"), "first_quality": first.get("quality")}
    return {**best, "id": row_id, "fit": len(fit), **firsts, "reject": None}


def _fault(row: Row, min_quality: float) -> str:
    if row["reject"]:
        return f"{row['reject']['reason']}: {row['reject']['detail']}"
    return row["problems"][0] if row["problems"] else f"low_quality: {row['quality']:.2f} is under {min_quality}"


def pipeline(context: Context[Params], rows: list[Row]) -> Pipeline:
    """Candidates → candidates with checks and estimates, and which one is chosen."""
    params = context.params
    found = ["round_trip", "likelihood", "comet", "quality"]
    with Pipeline("selection") as made:
        step = LoadDataFromDicts(data=rows, batch_size=WHOLE_STAGE) >> Check(
            reads=["response", "translation"],
            adds=["language_share", "problems", "back_translation"],
            code=context.language,
            min_language_share=params.min_language_share,
            thresholds=params.thresholds.model_dump(),
        )
        if params.weights.round_trip:
            step = step >> BackTranslate(
                prompt=PROMPTS / f"{context.config.estimator.prompts}.jinja2",
                adds=["back_translation"],
                tries=params.tries,
                llm=context.llm("estimator", params.sampling),
            )
        estimate = Estimate(
            reads=["response", "translation", "back_translation", "logprob"],
            adds=found,
            code=context.language,
            weights=params.weights.model_dump(),
            comet_model=params.comet,
        )
        choose = Choose(reads=found, adds=["chosen"], min_quality=params.min_quality)
        step >> estimate >> choose
    return made

"""selection v1: checks on every candidate, a quality estimate of those that pass, and the best one of each answer.

The cheap checks come first (language, integrity), so that no estimate is bought for a candidate that is unfit anyway.
"""

from __future__ import annotations

import math
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
    """response, translation → language_share, problems: whatever makes the candidate unfit, in the order it is checked."""

    code: str
    least_language: float
    bars: dict[str, float]

    def work(self, row: Row) -> Row:
        share = identification.share(row["translation"], self.code)
        problems = [
            str(problem) for problem in integrity.problems(row["response"], row["translation"], self.code, **self.bars)
        ]
        if share < self.least_language:
            problems.insert(0, f"wrong_language: {share:.2f} of it is {self.code}")
        return {**row, "language_share": share, "problems": problems, "back_translation": None}


class BackTranslate(LLMStep):
    """translation → back_translation, of the candidates that are fit."""

    def takes(self, row: Row) -> bool:
        return not row["problems"]

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        return {"back_translation": plain_text(output or "")}


class Estimate(MapStep):
    """Everything known of a candidate → round_trip, likelihood, comet, quality (0 to 1)."""

    code: str
    weights: dict[str, float]
    comet_model: str | None = None

    def map_all(self, inputs: list[Row]) -> list[Row]:
        fit = [row for row in inputs if not row["reject"] and not row["problems"]]
        judged: dict[str, float] = {}
        if self.weights["comet"]:
            pairs = [(row["response"], row["translation"]) for row in fit]
            judged = dict(
                zip((row["id"] for row in fit), comet.scores(self.comet_model, pairs, self.code), strict=True)
            )
        return super().map_all([{**row, "comet": judged.get(row["id"])} for row in inputs])

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
    """The best fit candidate of each answer is `chosen`; of equals, the earlier one."""

    least_quality: float

    def map_all(self, inputs: list[Row]) -> list[Row]:
        out: list[Row] = []
        for _, group in groupby(sorted(inputs, key=_order), key=lambda row: row["answer_id"]):
            rows = list(group)
            able = [row for row in rows if not row["reject"] and not row["problems"]]
            able = [row for row in able if row["quality"] >= self.least_quality]
            best = max(able, key=lambda row: row["quality"], default=None)
            out += [{**row, "chosen": row is best} for row in rows]
        return out

    def work(self, row: Row) -> Row:
        return row


def _order(row: Row) -> tuple[str, int]:
    return row["answer_id"], row["candidate"]


def chosen(candidates: list[Row], least_quality: float) -> list[Row]:
    """One row an answer: its chosen candidate, or the answer set aside with what was wrong with every candidate."""
    out: list[Row] = []
    for answer, group in groupby(sorted(candidates, key=_order), key=lambda row: row["answer_id"]):
        rows = list(group)
        best = next((row for row in rows if row["chosen"]), None)
        row_id = f"{answer}/{rows[0]['language']}"
        if best is None:
            faults = [_fault(row, least_quality) for row in rows]
            told = "; ".join(f"{row['candidate']}: {fault}" for row, fault in zip(rows, faults, strict=True))
            reason = faults[0].split(":")[0]
            calls = [call for row in rows for call in row["provenance"]]
            out.append({"id": row_id, "reject": reject(reason, told, rows[0]["translation"]), "provenance": calls})
            continue
        fit = [row for row in rows if row.get("quality") is not None]
        first = next((row for row in fit if row["candidate"] == 0), None)
        out.append(
            {
                **best,
                "id": row_id,
                "fit": len(fit),
                "first": first and first["translation"],
                "first_quality": first and first["quality"],
                "reject": None,
            }
        )
    return out


def _fault(row: Row, least_quality: float) -> str:
    if row["reject"]:
        return f"{row['reject']['reason']}: {row['reject']['detail']}"
    return row["problems"][0] if row["problems"] else f"low_quality: {row['quality']:.2f} is under {least_quality}"


def pipeline(context: Context[Params], rows: list[Row]) -> Pipeline:
    """Candidates → candidates with checks, estimates and which one is chosen."""
    params = context.params
    found = ["round_trip", "likelihood", "comet", "quality"]
    with Pipeline("selection") as made:
        step = LoadDataFromDicts(data=rows, batch_size=WHOLE_STAGE) >> Check(
            reads=["response", "translation"],
            adds=["language_share", "problems", "back_translation"],
            code=context.language,
            least_language=params.least_language,
            bars=params.bars.model_dump(),
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
        choose = Choose(reads=found, adds=["chosen"], least_quality=params.least_quality)
        step >> estimate >> choose
    return made

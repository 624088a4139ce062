"""scores v1: grades each English pair on four dimensions, 1 to 5, and rejects pairs below the threshold.

A response that cannot be parsed is sampled again; a grade is never guessed.
"""

from __future__ import annotations

from pathlib import Path
from statistics import fmean
from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts

from pipelines.scores.v1.schema import Params
from xlforge.base.rows import Row, reject
from xlforge.steps.context import Context
from xlforge.steps.grades import DIMENSIONS, grades_schema, read_grades
from xlforge.steps.llm_step import WHOLE_STAGE, LLMStep
from xlforge.steps.map_step import MapStep

PROMPTS = Path(__file__).parent / "prompts"


class GradePair(LLMStep):
    """instruction, passage, response → the four grades, their mean and reasons."""

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        grades = read_grades(output or "")
        return {
            **{name: grade.grade for name, grade in grades.items()},
            "mean": fmean(grade.grade for grade in grades.values()),
            "reasons": [grade.reason for grade in grades.values()],
        }


class ApplyThreshold(MapStep):
    """Rejects a pair below the threshold, with its grades in the detail."""

    min_grade: int
    min_mean: float

    def work(self, row: Row) -> Row:
        grades = ", ".join(f"{name} {row[name]}" for name in DIMENSIONS)
        if min(row[name] for name in DIMENSIONS) < self.min_grade:
            fault = f"a grade is under {self.min_grade}: {grades}"
        elif row["mean"] < self.min_mean:
            fault = f"the mean {row['mean']:.2f} is under {self.min_mean}: {grades}"
        else:
            return row
        return {**row, "reject": reject("below_threshold", fault, row["response"])}


def pipeline(context: Context[Params], rows: list[Row]) -> Pipeline:
    """id, passage, instruction, response → grades, for the pairs that pass."""
    params = context.params
    with Pipeline("scores") as made:
        load = LoadDataFromDicts(data=rows, batch_size=WHOLE_STAGE)
        grade = GradePair(
            prompt=PROMPTS / f"{context.config.judge.prompts}.jinja2",
            adds=[*DIMENSIONS, "mean", "reasons"],
            tries=params.tries,
            response_schema=grades_schema("pair"),
            llm=context.llm("judge", params.sampling),
        )
        load >> grade >> ApplyThreshold(reads=[*DIMENSIONS, "mean"], **params.threshold.model_dump())
    return made

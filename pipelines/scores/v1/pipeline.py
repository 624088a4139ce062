"""scores v1: each English pair graded on four dimensions, 1 to 5; what is below the bar is set aside.

A grade that cannot be read is asked for again and never guessed.
"""

from __future__ import annotations

import re
from pathlib import Path
from statistics import fmean
from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from pydantic import ValidationError

from pipelines.scores.v1.schema import DIMENSIONS, Grades, Params
from xlforge.base.rows import Row, reject
from xlforge.steps.context import Context
from xlforge.steps.llm_step import WHOLE_STAGE, LLMStep
from xlforge.steps.map_step import MapStep
from xlforge.steps.parsing import ParseError

PROMPTS = Path(__file__).parent / "prompts"
_FENCE = re.compile(r"\A```(?:json)?\s*\n(.*)\n```\Z", re.DOTALL)


class GradePair(LLMStep):
    """instruction, passage, response → the four grades, their mean and reasons."""

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        words = (output or "").strip()
        fenced = _FENCE.match(words)
        try:
            grades = Grades.model_validate_json(fenced.group(1) if fenced else words)
        except (ValidationError, UnicodeEncodeError) as error:
            faults = error.errors() if isinstance(error, ValidationError) else [{"loc": (), "msg": str(error)}]
            where = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'reply'}: {fault['msg']}" for fault in faults[:3])
            raise ParseError("unreadable_grades", where) from error
        given = {name: getattr(grades, name) for name in DIMENSIONS}
        return {
            **{name: grade.grade for name, grade in given.items()},
            "mean": fmean(grade.grade for grade in given.values()),
            "reasons": [grade.reason for grade in given.values()],
        }


class ApplyBar(MapStep):
    """Sets aside what is below the bar, with the grades that say so."""

    least: int
    mean: float

    def work(self, row: Row) -> Row:
        told = ", ".join(f"{name} {row[name]}" for name in DIMENSIONS)
        if min(row[name] for name in DIMENSIONS) < self.least:
            fault = f"a grade is under {self.least}: {told}"
        elif row["mean"] < self.mean:
            fault = f"the mean {row['mean']:.2f} is under {self.mean}: {told}"
        else:
            return row
        return {**row, "reject": reject("below_bar", fault, row["response"])}


def pipeline(context: Context[Params], rows: list[Row]) -> Pipeline:
    """id, passage, instruction, response → grades, for the pairs that pass."""
    params = context.params
    with Pipeline("scores") as made:
        load = LoadDataFromDicts(data=rows, batch_size=WHOLE_STAGE)
        grade = GradePair(
            prompt=PROMPTS / f"{context.config.judge.prompts}.jinja2",
            adds=[*DIMENSIONS, "mean", "reasons"],
            tries=params.tries,
            response_schema=Grades.model_json_schema(),
            llm=context.llm("judge", params.sampling),
        )
        keep = ApplyBar(reads=[*DIMENSIONS, "mean"], least=params.bar.least, mean=params.bar.mean)
        load >> grade >> keep
    return made

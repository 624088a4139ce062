"""verdicts v2: the judge of v1, which may read the benchmark's truth.

Reference-guided judging, as MT-Bench calls it: a judge that does not know the answer compares each answer with a right one. Without
`verdicts.truth` prompts and requests are those of v1.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts

from pipelines.verdicts.v1.pipeline import _VERDICT
from pipelines.verdicts.v1.pipeline import Compare as CompareV1
from pipelines.verdicts.v1.pipeline import GradeAnswer as GradeAnswerV1
from pipelines.verdicts.v2.schema import Params
from xlforge.base.rows import Row
from xlforge.evaluation.judging.orders import LETTERS
from xlforge.steps.context import Context
from xlforge.steps.grades import DIMENSIONS, grades_schema
from xlforge.steps.llm_step import WHOLE_STAGE

PROMPTS = Path(__file__).parent / "prompts"


class Compare(CompareV1):
    """See v1. truth: whether the judge reads the truth, in a control question that of the other question."""

    truth: bool = False

    @property
    def inputs(self) -> list[str]:
        return [*super().inputs, "truth", "control_truth"]

    def format_input(self, input: Row) -> list[dict[str, str]]:
        controlled = input["question"] == input["control_question"]
        truth = input["control_truth" if controlled else "truth"] if self.truth else None
        return super().format_input({**input, "truth": truth})


class GradeAnswer(GradeAnswerV1):
    """See v1. truth: whether the judge reads the truth."""

    truth: bool = False

    def format_input(self, input: Row) -> list[dict[str, str]]:
        return super().format_input(input if self.truth else {**input, "truth": None})


def pipeline(context: Context[Params], rows: list[Row]) -> Pipeline:
    """Pairs → verdicts; or single answers, which have no `other`, → grades."""
    params, size = context.params, context.config.judge.prompts
    common: dict[str, Any] = {"tries": params.tries, "columns": {"language": "language_name"}, "truth": params.truth}
    with Pipeline("verdicts") as made:
        load = LoadDataFromDicts(data=rows, batch_size=WHOLE_STAGE)
        if rows and "other" not in rows[0]:
            load >> GradeAnswer(
                prompt=PROMPTS / f"grade.{size}.jinja2",
                adds=list(DIMENSIONS),
                response_schema=grades_schema("answer"),
                llm=context.llm("judge", params.grading),
                **common,
            )
        else:
            load >> Compare(
                prompt=PROMPTS / f"pairwise.{size}.jinja2",
                adds=list(_VERDICT),
                control=params.control,
                choices=LETTERS,
                llm=context.llm(
                    "judge",
                    params.sampling,
                    logprobs=params.logprobs,
                    choices=LETTERS if params.logprobs else (),
                ),
                **common,
            )
    return made

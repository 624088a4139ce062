"""instructions v2: the prompts of v1; what a model added is stripped or rejected, and a question must stand by itself."""

from __future__ import annotations

from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts

from pipelines.instructions.v1.pipeline import PROMPTS
from pipelines.instructions.v2.schema import Params
from xlforge.base.rows import Row
from xlforge.checks.prose import read_question
from xlforge.steps.context import Context
from xlforge.steps.llm_step import WHOLE_STAGE, LLMStep


class WriteQuestion(LLMStep):
    """passage → instruction: one paragraph that asks for something and can be understood without the passage."""

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        assert input is not None
        question = read_question(output or "", input["passage"], self.prompt)
        return {"instruction": question.text, "stripped": list(question.stripped)}


def pipeline(context: Context[Params], rows: list[Row]) -> Pipeline:
    """id, passage → instruction, stripped."""
    with Pipeline("instructions") as made:
        load = LoadDataFromDicts(data=rows, batch_size=WHOLE_STAGE)
        write = WriteQuestion(
            prompt=PROMPTS / f"{context.config.teacher.prompts}.jinja2",
            adds=["instruction", "stripped"],
            tries=context.params.tries,
            llm=context.llm("teacher", context.params.sampling),
        )
        load >> write
    return made

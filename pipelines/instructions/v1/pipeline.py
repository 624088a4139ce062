"""instructions v1: the question that each passage answers (instruction back-translation)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts

from pipelines.instructions.v1.schema import Params
from xlforge.base.rows import Row
from xlforge.checks.prose import english_question
from xlforge.steps.context import Context
from xlforge.steps.llm_step import WHOLE_STAGE, LLMStep

PROMPTS = Path(__file__).parent / "prompts"


class WriteQuestion(LLMStep):
    """passage → instruction: one paragraph that asks for something."""

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        return {"instruction": english_question(output or "")}


def pipeline(context: Context[Params], rows: list[Row]) -> Pipeline:
    """id, passage → instruction."""
    with Pipeline("instructions") as made:
        load = LoadDataFromDicts(data=rows, batch_size=WHOLE_STAGE)
        write = WriteQuestion(
            prompt=PROMPTS / f"{context.config.teacher.prompts}.jinja2",
            adds=["instruction"],
            tries=context.params.tries,
            llm=context.llm("teacher", context.params.sampling),
        )
        load >> write
    return made

"""responses v1: the passage is refined into an answer; then, `rounds` times, question and answer are rewritten from each other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts

from pipelines.responses.v1.schema import Params
from xlforge.base.rows import Row
from xlforge.checks.prose import english_question, english_text
from xlforge.steps.context import Context
from xlforge.steps.llm_step import WHOLE_STAGE, LLMStep

PROMPTS = Path(__file__).parent / "prompts"


class WriteAnswer(LLMStep):
    """instruction, text → response."""

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        return {"response": english_text(output or "")}


class WriteQuestion(LLMStep):
    """response → instruction: one paragraph that asks for something."""

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        return {"instruction": english_question(output or "")}


def pipeline(context: Context[Params], rows: list[Row]) -> Pipeline:
    """id, passage, instruction → response, and after a round another instruction."""
    params, size = context.params, context.config.teacher.prompts

    def answer(column: str) -> WriteAnswer:
        return WriteAnswer(
            prompt=PROMPTS / f"answer.{size}.jinja2",
            columns={"text": column},
            adds=["response"],
            tries=params.tries,
            llm=context.llm("teacher", params.sampling),
        )

    with Pipeline("responses") as made:
        step = LoadDataFromDicts(data=rows, batch_size=WHOLE_STAGE) >> answer("passage")
        for _ in range(params.rounds):
            question = WriteQuestion(
                prompt=PROMPTS / f"question.{size}.jinja2",
                adds=["instruction"],
                tries=params.tries,
                llm=context.llm("teacher", params.sampling),
            )
            step = step >> question >> answer("response")
    return made

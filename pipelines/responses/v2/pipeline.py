"""responses v2: the prompts of v1; what a model added is stripped or rejected, and questions and answers must stand by themselves.

An answer that the source gives is kept, and `rounds` rewrites no row of which the source gives the question or the answer.
"""

from __future__ import annotations

from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts

from pipelines.responses.v1.pipeline import PROMPTS
from pipelines.responses.v2.schema import Params
from xlforge.base.rows import Row
from xlforge.checks.added.reading import Reading
from xlforge.checks.prose import read_answer, read_question
from xlforge.steps.context import Context
from xlforge.steps.llm_step import WHOLE_STAGE, LLMStep


class WriteAnswer(LLMStep):
    """instruction, text → response, where there is none yet; in a round, for the rows that it rewrites."""

    def takes(self, row: Row) -> bool:
        return row.get("response") is None or bool(row["rewritten"])

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        assert input is not None
        text = input[self.columns["text"]]
        return _with_stripped(input, "response", read_answer(output or "", input["instruction"], text, self.prompt))


class WriteQuestion(LLMStep):
    """response → instruction: one paragraph that asks for something and can be understood without the answer."""

    def takes(self, row: Row) -> bool:
        return bool(row["rewritten"])

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        assert input is not None
        return _with_stripped(input, "instruction", read_question(output or "", input["response"], self.prompt))


def _with_stripped(row: Row, column: str, found: Reading) -> dict[str, Any]:
    return {column: found.text, "stripped": [*row["stripped"], *found.stripped]}


def _all_generated(row: Row) -> bool:
    """Whether the source gives neither the question nor the answer of a row: no call stands behind a given question."""
    return row.get("response") is None and any(call["stage"] == "instructions" for call in row["provenance"])


def pipeline(context: Context[Params], rows: list[Row]) -> Pipeline:
    """id, passage, instruction, and response where it is given → response, stripped, and after a round another instruction."""
    params, size = context.params, context.config.teacher.prompts

    def answer(column: str) -> WriteAnswer:
        return WriteAnswer(
            prompt=PROMPTS / f"answer.{size}.jinja2",
            columns={"text": column},
            adds=["response", "stripped"],
            tries=params.tries,
            llm=context.llm("teacher", params.sampling),
        )

    with Pipeline("responses") as made:
        # What was stripped from the question is in its own table.
        cleared = [{"response": None, **row, "stripped": [], "rewritten": _all_generated(row)} for row in rows]
        step = LoadDataFromDicts(data=cleared, batch_size=WHOLE_STAGE) >> answer("passage")
        for _ in range(params.rounds):
            question = WriteQuestion(
                prompt=PROMPTS / f"question.{size}.jinja2",
                adds=["instruction", "stripped"],
                tries=params.tries,
                llm=context.llm("teacher", params.sampling),
            )
            step = step >> question >> answer("response")
    return made

"""instructions v2: the prompts of v1; what a model added is stripped or rejected, and a question must stand by itself.

A question that the source gives is checked and kept. An answer that it gives is checked here too, before a question to it is paid for.
"""

from __future__ import annotations

from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts

from pipelines.instructions.v1.pipeline import PROMPTS
from pipelines.instructions.v2.schema import Params
from xlforge.base.rows import Row, reject
from xlforge.checks.prose import check_given_answer, check_given_question, read_question
from xlforge.steps.context import Context
from xlforge.steps.llm_step import WHOLE_STAGE, LLMStep
from xlforge.steps.map_step import MapStep
from xlforge.steps.parsing import ParseError


class CheckGiven(MapStep):
    """Rejects a row whose given question or answer cannot be used."""

    def work(self, row: Row) -> Row:
        question, answer = row["instruction"], row["response"]
        try:
            if question is not None:
                check_given_question(question)
            if answer is not None:
                check_given_answer(answer, question or "")
        except ParseError as fault:
            return {**row, "reject": reject(fault.reason, fault.detail, "\n\n".join(filter(None, (question, answer))))}
        return row


class WriteQuestion(LLMStep):
    """answer → instruction: one paragraph that asks for something and can be understood without the answer."""

    def takes(self, row: Row) -> bool:
        return row.get("instruction") is None

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        assert input is not None
        question = read_question(output or "", input[self.columns.get("passage", "passage")], self.prompt)
        return {"instruction": question.text, "stripped": list(question.stripped)}


def pipeline(context: Context[Params], rows: list[Row]) -> Pipeline:
    """id, passage, instruction and response where they are given → instruction, stripped."""
    none: Row = {"instruction": None, "response": None, "stripped": [], "provenance": []}
    given = [{**none, **row, "answer": row.get("response") or row["passage"]} for row in rows]
    with Pipeline("instructions") as made:
        load = LoadDataFromDicts(data=given, batch_size=WHOLE_STAGE)
        check = CheckGiven(reads=["instruction", "response"])
        write = WriteQuestion(
            prompt=PROMPTS / f"{context.config.teacher.prompts}.jinja2",
            columns={"passage": "answer"},
            adds=["instruction", "stripped"],
            tries=context.params.tries,
            llm=context.llm("teacher", context.params.sampling),
        )
        load >> check >> write
    return made

"""answers v1: what a model answers to each benchmark prompt.

An answer that is empty, cut off or in the wrong language is the model's answer: it is kept, judged and loses. Only a request without a
response is rejected. A model with `pivot` answers in English and translates its answer, with the prompts of responses v1 and of
translations v1.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts

from pipelines.answers.v1.models import model_of, role
from pipelines.answers.v1.schema import Params
from pipelines.answers.v1.text import writable_text
from xlforge.base.rows import Row, reject
from xlforge.languages.registry import language
from xlforge.steps.answerers import Reply
from xlforge.steps.context import Context
from xlforge.steps.llm_step import LONGEST_TOKEN, WHOLE_STAGE, LLMStep

PIPELINES = Path(__file__).parents[2]
ANSWER = PIPELINES / "responses" / "v1" / "prompts"
TRANSLATE = PIPELINES / "translations" / "v1" / "prompts"


class Answer(LLMStep):
    """The prompt's variables → answer, the model's text as it is, from one call; finish, why it ended."""

    tries: int = 1

    def parsed(self, row: Row, reply: Reply) -> Row:
        response = reply.response
        if response is None:
            return super().parsed(row, reply)
        longest = LONGEST_TOKEN * self.llm.sampling.max_tokens
        cut = len(response.text) > longest or row["finish"] == "length"
        text = writable_text(response.text[:longest])
        finish = "length" if cut else response.finish_reason
        return self.with_call({**row, "answer": text, "finish": finish}, reply)

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        raise NotImplementedError("`parsed` takes the text as it is")


class AnswerColumn(Answer):
    """column → answer: a column of the row is the whole prompt."""

    column: str
    prompt: Path = Path()

    @property
    def inputs(self) -> list[str]:
        return [self.column]

    def format_input(self, input: Row) -> list[dict[str, str]]:
        return [{"role": "user", "content": input[self.column]}]

    def prompt_name(self, row: Row) -> str:
        return f"{self.column}@{hashlib.sha256(row[self.column].encode()).hexdigest()[:12]}"


class Translate(Answer):
    """language_name, answer → answer in the language; an English row has it already."""

    def takes(self, row: Row) -> bool:
        return bool(row["language"] != "en" and row["answer"])


def pipeline(context: Context[Params], rows: list[Row]) -> Pipeline:
    """id, prompt, question, passage, language → answer, finish."""
    name = context.item or ""
    entry = context.config.models[name]
    spec = model_of(context.config, name)

    def step(kind: type[Answer], **more: Any) -> Answer:
        llm = context.llm(role(context.execution, name), context.params.sampling, model=spec)
        return kind(adds=["answer", "finish"], llm=llm, **more)

    with Pipeline("answers") as made:
        data = [prepared(row, name, entry.reads) for row in rows]
        load = LoadDataFromDicts(data=data, batch_size=WHOLE_STAGE)
        if not entry.pivot:
            load >> step(AnswerColumn, column="prompt")
            return made
        if entry.reads == "passage":
            columns = {"instruction": "question", "text": "passage"}
            first = step(Answer, prompt=ANSWER / f"answer.{entry.prompts}.jinja2", columns=columns)
        else:
            first = step(AnswerColumn, column="question")
        columns = {"language": "language_name", "response": "answer"}
        load >> first >> step(Translate, prompt=TRANSLATE / f"{entry.prompts}.jinja2", columns=columns)
    return made


def prepared(row: Row, model: str, reads: str | None) -> Row:
    """A benchmark row as the steps read it; rejected if the model reads a passage and there is none. question: in English, if known."""
    lacking = reads == "passage" and not row["passage"]
    return {
        **row,
        "reject": reject("no_passage", "the model reads it, and the benchmark row has none") if lacking else None,
        "language_name": language(row["language"]).name,
        "question": row["instruction_en"] or row["instruction"],
        "model": model,
        "answer": None,
        "finish": None,
    }

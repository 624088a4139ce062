"""answers v1: what a model says to each benchmark prompt, whatever it says.

An answer that is empty, cut off or in the wrong language is the model's answer: it is kept, judged and loses. Only a request that the
engine could not answer at all is set aside. A model with a `pivot` answers in English and translates its answer, as the pocket
reference does, which knows no other way.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts

from pipelines.answers.v1.models import asked_as, role
from pipelines.answers.v1.schema import Params
from pipelines.answers.v1.words import writable_text
from xlforge.base.rows import Row, reject
from xlforge.languages.registry import language
from xlforge.steps.answerers import Reply
from xlforge.steps.context import Context
from xlforge.steps.llm_step import LONGEST_TOKEN, WHOLE_STAGE, LLMStep

PROMPTS = Path(__file__).parent / "prompts"


class Answer(LLMStep):
    """The prompt's variables → `adds[0]`, the model's text whatever it is, from one call; finish, why it ended."""

    tries: int = 1

    def parsed(self, row: Row, reply: Reply) -> Row:
        response = reply.response
        if response is None:
            return super().parsed(row, reply)
        longest = LONGEST_TOKEN * self.llm.sampling.max_tokens
        cut = len(response.text) > longest or row["finish"] == "length"
        made = {
            self.adds[0]: writable_text(response.text[:longest]),
            "finish": "length" if cut else response.finish_reason,
        }
        return self.with_call({**row, **made}, reply.key)

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        raise NotImplementedError("`parsed` takes the text as it is")


class AnswerColumn(Answer):
    """column → `adds[0]`: a column of the row is sent as it is, with no prompt around it."""

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
    """language_name, english → answer; an English one is the answer already."""

    def takes(self, row: Row) -> bool:
        return bool(row["language"] != "en" and row["english"])


def pipeline(context: Context[Params], rows: list[Row]) -> Pipeline:
    """id, prompt, question, passage, language → answer, finish."""
    name = context.item or ""
    model = context.config.models[name]
    spec = asked_as(context.config, name)

    def step(kind: type[Answer], adds: str, **more: Any) -> Answer:
        llm = context.llm(role(context.execution, name), context.params.sampling, model=spec)
        return kind(adds=[adds, "finish"], llm=llm, **more)

    with Pipeline("answers") as made:
        load = LoadDataFromDicts(data=[prepared(row, model.reads) for row in rows], batch_size=WHOLE_STAGE)
        if not model.pivot:
            load >> step(AnswerColumn, "answer", column="prompt")
        else:
            if model.reads == "passage":
                prompt = PROMPTS / f"answer.{model.prompts}.jinja2"
                first = step(Answer, "english", prompt=prompt, columns={"instruction": "question", "text": "passage"})
            else:
                first = step(AnswerColumn, "english", column="question")
            prompt = PROMPTS / f"translate.{model.prompts}.jinja2"
            columns = {"language": "language_name", "response": "english"}
            load >> first >> step(Translate, "answer", prompt=prompt, columns=columns)
    return made


def prepared(row: Row, reads: str | None) -> Row:
    """A benchmark row as the steps read it; set aside where the passage that is to be read is not there.

    question: in English, where that is known.
    """
    lacking = reads == "passage" and not row["passage"]
    return {
        **{name: row[name] for name in ("id", "prompt_id", "set", "language", "prompt", "passage", "provenance")},
        "reject": reject("no_passage", "the model reads it, and the benchmark row has none") if lacking else None,
        "language_name": language(row["language"]).name,
        "question": row["instruction_en"] or row["instruction"],
        "english": None,
        "answer": None,
        "finish": None,
    }


def answered(row: Row, name: str) -> Row:
    """A row of the pipeline's, under the model's name; a pivot's English answer is the answer where none was to be translated."""
    return {**row, "answer": row["answer"] if row["answer"] is not None else row["english"], "model": name}

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
from pipelines.answers.v1.words import writable_text
from xlforge.core.asking import LONGEST_TOKEN, WHOLE_STAGE, Ask, Row
from xlforge.core.languages import language
from xlforge.core.rows import reject
from xlforge.core.spine import Build
from xlforge.engines.roles import llm

PROMPTS = Path(__file__).parent / "prompts"


class Said(Ask):
    """The prompt's variables → `adds[0]`, the model's words, asked for once; finish, why they ended."""

    def _all(self, inputs: list[Row]) -> list[Row]:
        out = list(inputs)
        numbers = [number for number, row in enumerate(out) if not row["reject"] and self.takes(row)]
        if not numbers:
            return out
        asked = [out[number] for number in numbers]
        replies = self.llm.generate_outputs(
            inputs=[self.format_input(row) for row in asked], ids=[row["id"] for row in asked]
        )
        longest = LONGEST_TOKEN * self.llm.sampling.max_tokens
        for number, row, reply in zip(numbers, asked, replies, strict=True):
            text, finish = reply["generations"][0], reply["finish_reason"][0]
            if text is None:
                out[number] = {**row, "reject": reject(self.stage, "no_answer", finish)}
                continue
            cut = len(text) > longest or row["finish"] == "length"
            made = {**self.format_output(text[:longest]), "finish": "length" if cut else finish}
            out[number] = {**row, **made, "provenance": [*row["provenance"], self.made_of(row)]}
        return out

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        return {self.adds[0]: writable_text(output or "")}

    def made_of(self, row: Row) -> dict[str, str]:
        """This step's part in a row."""
        return self.made_by()


class SayTo(Said):
    """column → `adds[0]`: a column of the row is sent as it is, with no prompt around it."""

    column: str
    prompt: Path = Path()

    @property
    def inputs(self) -> list[str]:
        return [self.column]

    def format_input(self, input: Row) -> list[dict[str, str]]:
        return [{"role": "user", "content": input[self.column]}]

    def made_of(self, row: Row) -> dict[str, str]:
        spec, digest = self.llm.spec, hashlib.sha256(row[self.column].encode()).hexdigest()[:12]
        model = f"{spec.model}@{spec.revision}" if spec.revision else spec.model
        return {"stage": self.stage, "version": self.version, "model": model, "prompt": f"{self.column}@{digest}"}


class Translate(Said):
    """language_name, english → answer; an English one is the answer already."""

    def takes(self, row: Row) -> bool:
        return bool(row["language"] != "en" and row["english"])


def pipeline(build: Build, rows: list[Row]) -> Pipeline:
    """id, prompt, question, passage, language → answer, finish."""
    model = build.everything["models"][build.item]
    spec = asked_as(build.everything, str(build.item))
    made_with: dict[str, Any] = {"folder": str(build.folder), "stage": "answers", "version": "v1"}

    def answering(kind: type[Said], adds: str, **more: Any) -> Said:
        asked = llm(build, role(build.execution, str(build.item)), build.params.sampling, model=spec)
        return kind(adds=[adds, "finish"], llm=asked, **more, **made_with)

    with Pipeline("answers") as made:
        load = LoadDataFromDicts(data=[prepared(row, model.reads) for row in rows], batch_size=WHOLE_STAGE)
        if not model.pivot:
            load >> answering(SayTo, "answer", column="prompt")
        else:
            read = PROMPTS / f"answer.{model.prompts}.jinja2"
            turn = PROMPTS / f"translate.{model.prompts}.jinja2"
            if model.reads == "passage":
                first = answering(Said, "english", prompt=read, columns={"instruction": "question", "text": "passage"})
            else:
                first = answering(SayTo, "english", column="question")
            columns = {"language": "language_name", "response": "english"}
            load >> first >> answering(Translate, "answer", prompt=turn, columns=columns)
    return made


def prepared(row: Row, reads: str | None) -> Row:
    """A benchmark row as the steps read it; set aside where the passage that is to be read is not there.

    question: in English, where that is known.
    """
    lacking = reads == "passage" and not row["passage"]
    return {
        **{name: row[name] for name in ("id", "prompt_id", "set", "language", "prompt", "passage", "provenance")},
        "reject": reject("answers", "no_passage", "the model reads it, and the benchmark row has none")
        if lacking
        else None,
        "language_name": language(row["language"]).name,
        "question": row["instruction_en"] or row["instruction"],
        "english": None,
        "answer": None,
        "finish": None,
    }


def answered(row: Row, name: str) -> Row:
    """A row of the pipeline's, under the model's name; a pivot's English answer is the answer where none was to be translated."""
    return {**row, "answer": row["answer"] if row["answer"] is not None else row["english"], "model": name}

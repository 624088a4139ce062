"""responses v1: the passage refined into an answer; then question and answer written anew from each other, `rounds` times."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts

from xlforge.core.asking import WHOLE_STAGE, Ask, Row
from xlforge.core.spine import Build
from xlforge.engines.roles import llm
from xlforge.quality.prose import english_question, english_text

PROMPTS = Path(__file__).parent / "prompts"


class WriteAnswer(Ask):
    """instruction, text → response."""

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        return {"response": english_text(output or "")}


class WriteQuestion(Ask):
    """response → instruction: one paragraph that asks for something."""

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        return {"instruction": english_question(output or "")}


def pipeline(build: Build, rows: list[Row]) -> Pipeline:
    """id, passage, instruction → response (and, after a round, another instruction)."""
    size = build.everything["teacher"].prompts
    common: dict[str, Any] = {"folder": str(build.folder), "stage": "responses", "version": "v1"}
    common["tries"] = build.params.tries

    def answer(column: str) -> WriteAnswer:
        return WriteAnswer(
            prompt=PROMPTS / f"answer.{size}.jinja2",
            columns={"text": column},
            adds=["response"],
            llm=llm(build, "teacher", build.params.sampling),
            **common,
        )

    with Pipeline("responses") as made:
        step = LoadDataFromDicts(data=rows, batch_size=WHOLE_STAGE) >> answer("passage")
        for _ in range(build.params.rounds):
            question = WriteQuestion(
                prompt=PROMPTS / f"question.{size}.jinja2",
                adds=["instruction"],
                llm=llm(build, "teacher", build.params.sampling),
                **common,
            )
            step = step >> question >> answer("response")
    return made

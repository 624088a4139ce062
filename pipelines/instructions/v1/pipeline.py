"""instructions v1: the question that each passage answers (instruction back-translation)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts

from xlforge.core.asking import WHOLE_STAGE, Ask, Row
from xlforge.core.spine import Build
from xlforge.engines.roles import llm
from xlforge.quality.prose import english_question

PROMPTS = Path(__file__).parent / "prompts"


class WriteQuestion(Ask):
    """passage → instruction: one paragraph that asks for something."""

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        return {"instruction": english_question(output or "")}


def pipeline(build: Build, rows: list[Row]) -> Pipeline:
    """id, passage → instruction."""
    with Pipeline("instructions") as made:
        load = LoadDataFromDicts(data=rows, batch_size=WHOLE_STAGE)
        write = WriteQuestion(
            folder=str(build.folder),
            stage="instructions",
            version="v1",
            prompt=PROMPTS / f"{build.everything['teacher'].prompts}.jinja2",
            adds=["instruction"],
            tries=build.params.tries,
            llm=llm(build, "teacher", build.params.sampling),
        )
        load >> write
    return made

"""dataset v1: pairs and their chosen translations become conversational training examples.

English instruction + a request for the language → answer in that language; and the English pair itself, which has no request.
"""

from __future__ import annotations

from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts

from xlforge.core.asking import WHOLE_STAGE, Each, Row
from xlforge.core.language_requests import ask_in
from xlforge.core.languages import language
from xlforge.core.rows import reject
from xlforge.core.spine import Build


class SetAsideRepeats(Each):
    """A question that an earlier pair of the same language asks in the same words is set aside."""

    def _all(self, inputs: list[Row]) -> list[Row]:
        first: dict[tuple[str, str], str] = {}
        return [self._told(row, first.setdefault((row["language"], row["instruction"]), row["id"])) for row in inputs]

    def work(self, row: Row) -> Row:
        return row

    def _told(self, row: Row, first: str) -> Row:
        if first == row["id"]:
            return row
        return {**row, "reject": reject("dataset", "duplicate_instruction", f"as {first}", row["instruction"])}


class MakeExample(Each):
    """instruction, answer, language → prompt, completion."""

    def work(self, row: Row) -> Row:
        asked = row["instruction"]
        if row["language"] != "en":
            asked = ask_in(asked, language(row["language"]).name, row["id"])
        return {
            **row,
            "prompt": [message("user", asked)],
            "completion": [message("assistant", row["answer"])],
        }


def message(role: str, content: str) -> dict[str, Any]:
    """One turn of a conversation."""
    return {"role": role, "content": content}


def pipeline(build: Build, rows: list[Row]) -> Pipeline:
    """id, seed_id, language, instruction, answer, … → training examples."""
    folder = str(build.folder)
    with Pipeline("dataset") as made:
        load = LoadDataFromDicts(data=rows, batch_size=WHOLE_STAGE)
        repeats = SetAsideRepeats(folder=folder, reads=["id", "language", "instruction"])
        example = MakeExample(folder=folder, reads=["answer"], adds=["prompt", "completion"])
        load >> repeats >> example
    return made

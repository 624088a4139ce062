"""seeds v2: the block of v1, whose source can give questions and answers too; its rows hold what was given."""

from __future__ import annotations

from typing import Any, Self

import pandera.polars as pa
from pydantic import model_validator

from pipelines.seeds.v1.schema import Params as ParamsV1
from pipelines.seeds.v1.schema import Rows as RowsV1
from pipelines.seeds.v1.schema import Source as SourceV1

__all__ = ["GIVEN", "Params", "Rows", "Source"]

GIVEN = ("instruction", "response")
"""What a source can give besides a passage: the name of the key in params.yaml, and of the column of the rows."""


class Source(SourceV1):
    """Where passages, questions and answers come from.

    instruction, response: the columns with questions and answers that are used as they are; a row without one gets a generated one.
    input: a column whose text is a part of the question, as in Alpaca's data: it follows the instruction after an empty line.
    text: the column with the passage. Where `response` names a column, `text: null` makes the answer the passage.
    """

    instruction: str | None = None
    response: str | None = None
    input: str | None = None

    @model_validator(mode="before")
    @classmethod
    def _with_text(cls, values: Any) -> Any:
        """Without a column of passages, the answers are the passages."""
        if not isinstance(values, dict) or values.get("text") is not None:
            return values
        if values.get("instruction") and not values.get("response"):
            raise ValueError(
                "instruction names the questions, and nothing names what answers are written from: give text (a column of passages), or "
                "response (a column of answers)"
            )
        return values | {"text": values.get("response") or "text"}

    @model_validator(mode="after")
    def _has_columns(self) -> Self:
        if self.gives and self.kind == "text":
            raise ValueError(
                "kind is text, whose files have no columns: set instruction and response to null, or choose another kind"
            )
        if self.input and not self.instruction:
            raise ValueError(
                f"input names {self.input!r}, a part of the questions, and nothing names the questions: give instruction"
            )
        if self.input and self.input in (self.text, self.response, self.instruction):
            raise ValueError(
                f"input is {self.input!r}, and so is text, response or instruction: name a column of its own"
            )
        if self.instruction and self.instruction in (self.text, self.response):
            raise ValueError(
                f"instruction is {self.instruction!r}, and so is text or response: a question is no answer to itself"
            )
        return self

    @property
    def gives(self) -> dict[str, str]:
        """The columns that are named, by their keys: `instruction`, `response`, `input`."""
        return {name: column for name in (*GIVEN, "input") if (column := getattr(self, name))}


class Params(ParamsV1):
    """Which passages go on; see v1. min_chars does not count for a row with both a question and an answer."""

    source: Source


class Rows(RowsV1):
    """A passage. instruction, response: the question and the answer that the source gives with it; null where it gives none."""

    instruction: str = pa.Field(nullable=True, str_length={"min_value": 1})
    response: str = pa.Field(nullable=True, str_length={"min_value": 1})

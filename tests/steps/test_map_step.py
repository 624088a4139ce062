"""A row that a step cannot work on is named in the message: its id, the step and its text."""

from __future__ import annotations

import pickle
import traceback
from typing import Any

import pytest

from xlforge.steps.map_step import MapStep

Row = dict[str, Any]


class Divide(MapStep):
    """text → number: one divided by the text's number."""

    def work(self, row: Row) -> Row:
        return {**row, "number": 1 / int(row["text"])}


def step() -> Divide:
    return Divide(name="divide_0", reads=["id", "text"], adds=["number"])


def rows(*texts: str) -> list[Row]:
    return [{"id": f"r{number}", "text": text, "reject": None} for number, text in enumerate(texts)]


def message(texts: list[str]) -> str:
    with pytest.raises(ValueError) as raised:
        step().map_all(rows(*texts))
    return "".join(traceback.format_exception(raised.value))


def test_the_row_the_step_and_the_text_are_named() -> None:
    assert 'in step divide_0, row r1: text: "zwei"' in message(["1", "zwei"])


def test_the_text_is_short_and_moves_no_cursor() -> None:
    found = message(["\x1b[31mred\nline " + "long " * 1000])
    assert 'text: "\\x1b[31mred line long' in found
    assert "\x1b" not in found.split("in step")[1]
    assert len(found.split("in step")[1]) < 400


def test_the_message_survives_the_way_from_a_worker() -> None:
    with pytest.raises(ValueError) as raised:
        step().map_all(rows("1", "2", "drei"))
    assert "row r2" in "".join(traceback.format_exception(pickle.loads(pickle.dumps(raised.value))))


def test_rejected_rows_are_not_worked_on() -> None:
    rejected = {"id": "a", "text": "x", "reject": {"reason": "bad"}}
    assert step().map_all([rejected]) == [rejected]

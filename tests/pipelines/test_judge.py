"""A judge that gives nearly all pairs the same grades is reported with the evidence."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import polars as pl
import pytest

from stages.scores import DIMENSIONS, MIN_GRADED, commonest, work
from xlforge.base.rows import Row
from xlforge.stage.stage import Stage

SAME = (5, 5, 5, 4)


def graded(grades: tuple[int, ...], number: int) -> list[Row]:
    return [
        {**dict(zip(DIMENSIONS, grades, strict=True)), "mean": sum(grades) / 4, "id": str(at)} for at in range(number)
    ]


def delivered(rows: list[Row]) -> dict[str, Any]:
    """The metrics that the stage delivers for graded rows."""
    found: dict[str, Any] = {}
    stage = SimpleNamespace(
        rows=lambda _: pl.DataFrame({"id": [row["id"] for row in rows]}),
        run=lambda _: rows,
        deliver=lambda made, expected, metrics: found.update(metrics),
    )
    work(cast(Stage, stage))
    return found


def test_a_judge_that_gives_all_the_same_grades_is_reported(capsys: pytest.CaptureFixture[str]) -> None:
    metrics = delivered(graded(SAME, MIN_GRADED))
    assert metrics["commonest"] == {"grades": [5, 5, 5, 4], "share": 1.0, "different": 1}
    message = capsys.readouterr().err
    assert "100.0% of 20 pairs have the grades [5, 5, 5, 4]" in message


@pytest.mark.parametrize(
    "rows",
    [graded(SAME, 30) + graded((3, 4, 2, 5), 2), graded(SAME, MIN_GRADED - 1), []],
    ids=["varied", "few", "none"],
)
def test_a_judge_that_distinguishes_and_a_small_build_are_not(
    rows: list[Row], capsys: pytest.CaptureFixture[str]
) -> None:
    delivered(rows)
    assert capsys.readouterr().err == ""


def test_the_commonest_grades_do_not_depend_on_the_order_of_rows() -> None:
    rows = graded(SAME, 2) + graded((1, 1, 1, 1), 2)
    assert commonest(rows) == commonest(rows[::-1]) == {"grades": [1, 1, 1, 1], "share": 0.5, "different": 2}

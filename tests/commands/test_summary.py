"""`xlforge summary` in the cases that the pocket build does not have."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from commands import summary


@pytest.mark.parametrize(("steps", "warned"), [(9, True), (summary.FEW_STEPS, False), (None, False)])
def test_a_student_with_too_few_steps_is_a_warning(
    steps: int | None, warned: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    metrics = tmp_path / "metrics.json"
    counts = {"rows": 14, "rejects": 1, "reasons": {"too_long": 1}}
    if steps:
        counts |= {"steps": steps, "languages": {"de": 7, "en": 6}}  # and one row is held out
    metrics.write_text(json.dumps(counts))
    summary._show_rejects("student@bestof3", metrics)
    shown = capsys.readouterr().out
    assert "1 of    15: 1 too_long" in shown
    assert ("13 rows in 9 steps, too few" in shown) == warned


def test_an_evaluation_without_rows_is_not_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "table.csv"
    table.write_text("\n")
    summary._show_evaluation(table)
    assert capsys.readouterr().out == ""

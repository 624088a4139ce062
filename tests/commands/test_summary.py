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


HEAD = "model,set,language,prompts,win_rate,low,high,cut_off,right_language,facts,precision\n"
ROWS = (
    "best,crosslingual,de,40,30,20,40,2,1,,\n"
    "best,crosslingual,mean,40,30,20,40,2,1,,\n"
    "best,english,en,40,50,45,55,1,1,,\n"
    "base,crosslingual,de,40,10,5,15,0,1,,\n"
    "base,crosslingual,mean,40,10,5,15,0,1,,\n"
)


def evaluation(text: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> str:
    (folder / "table.csv").write_text(text)
    summary._show_evaluation(folder / "table.csv")
    return capsys.readouterr().out


def test_cut_answers_are_counted_where_there_are_any(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    head, best, base = evaluation(HEAD + ROWS, tmp_path, capsys).splitlines()[2:]
    assert head.endswith("  cut off")
    assert best.endswith("  3 of 80") and base.endswith("  0 of 40")
    assert head.index("cut off") == best.index("3 of 80") == base.index("0 of 40")
    without = HEAD + ROWS.replace(",2,1,", ",0,1,").replace(",1,1,", ",0,1,")
    assert "cut off" not in evaluation(without, tmp_path, capsys)


def test_an_evaluation_without_rows_is_not_shown(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert evaluation("\n", tmp_path, capsys) == ""

"""The evaluation's figures: what is missing stays missing, languages have the same weight, and a set has its groups."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from xlforge.evaluation import table
from xlforge.evaluation.table import Evaluated

TRAINED = ("de", "hu")
WANTED = pl.DataFrame(
    [
        {"id": f"{name}-{code}-{number}", "prompt_id": str(number), "set": name, "language": code}
        for name, codes in {"crosslingual": ("de", "hu", "fr"), "english": ("en",)}.items()
        for code in codes
        for number in range(40)
    ]
)


def evaluated(name: str, wins: dict[str, float | None], opponent: str = "reference") -> Evaluated:
    """A model with the same preference in every prompt of a language, None for no verdict."""
    verdicts: list[dict[str, Any]] = []
    answers: list[dict[str, Any]] = []
    for row in WANTED.to_dicts():
        preference = wins.get(row["language"])
        answers.append(
            {
                "id": row["id"],
                "length": 100,
                **dict.fromkeys(table.MEASURES),
                "facts": 0.5 if row["language"] == "de" else 1.0,
            }
        )
        if preference is not None:
            verdicts.append(
                {
                    "prompt_row": row["id"], "opponent": opponent, "preference": preference, "first_order": None,
                    "second_order": None, "length": 100, "opponent_length": 100,
                }
            )  # fmt: skip
    kinds = {"first_order": pl.Float64, "second_order": pl.Float64}
    frame = pl.DataFrame(verdicts, schema_overrides=kinds)
    return Evaluated(name, frame, pl.DataFrame(answers, infer_schema_length=None))


def row(rows: list[dict[str, Any]], name: str, group: str) -> dict[str, Any]:
    return next(row for row in rows if (row["set"], row["language"]) == (name, group))


def test_trained_and_zero_shot_languages_have_means_of_their_own() -> None:
    rows = table.figures(evaluated("tuned", {"de": 1.0, "hu": 0.5, "fr": 0.0, "en": 0.5}), "reference", WANTED, TRAINED)
    assert [(row["set"], row["language"]) for row in rows] == [
        ("crosslingual", "de"), ("crosslingual", "fr"), ("crosslingual", "hu"), ("crosslingual", "mean"),
        ("crosslingual", "zero_shot"), ("english", "en"),
    ]  # fmt: skip
    assert row(rows, "crosslingual", "mean")["win_rate"] == 75.0
    assert row(rows, "crosslingual", "zero_shot")["win_rate"] == 0.0
    assert row(rows, "crosslingual", "mean")["facts"] == 0.75
    assert row(rows, "english", "en")["win_rate"] == 50.0


def test_a_language_without_verdicts_is_uncovered_and_named() -> None:
    rows = table.figures(evaluated("tuned", {"de": 1.0, "fr": 0.0, "en": 0.5}), "reference", WANTED, TRAINED)
    assert row(rows, "crosslingual", "hu")["win_rate"] is None
    assert row(rows, "crosslingual", "hu")["coverage"] == 0.0
    assert row(rows, "crosslingual", "mean")["coverage"] == 0.5
    messages = table.uncovered(rows, 0.95)
    assert len(messages) == 2 and all("tuned" in text and ("hu" in text or "mean" in text) for text in messages)


def test_the_reference_has_no_win_rate_against_itself() -> None:
    rows = table.figures(evaluated("reference", {"de": 0.5}, opponent="nobody"), "reference", WANTED, TRAINED)
    assert all(row["win_rate"] is None and row["coverage"] is None for row in rows)
    assert table.uncovered(rows, 1.0) == []


def test_a_difference_is_over_the_same_prompts_and_has_a_head_to_head_where_judged() -> None:
    tuned = evaluated("tuned", {"de": 1.0, "hu": 0.5, "fr": 0.5, "en": 0.5})
    base = evaluated("base", {"de": 0.0, "hu": 0.0, "fr": 0.5, "en": 0.5})
    mean, zero_shot = table.compared(tuned, base, "reference", WANTED, TRAINED)
    assert (mean["language"], mean["difference"], mean["pairs"]) == ("mean", 75.0, 80)
    assert mean["p_value"] < 0.01
    assert (zero_shot["difference"], zero_shot["p_value"]) == (0.0, pytest.approx(1.0))
    assert mean["head_to_head"] is None
    direct = evaluated("tuned", {"de": 1.0, "hu": 1.0}, opponent="base")
    assert table.compared(direct, base, "reference", WANTED, TRAINED)[0]["head_to_head"] == 100.0

"""The evaluation's figures: what is missing stays missing, languages have the same weight, and a set has its groups."""

from __future__ import annotations

from dataclasses import replace
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
                "finish": "stop",
                "length": 100,
                **dict.fromkeys(table.MEASURES),
                "facts": 0.5 if row["language"] == "de" else 1.0,
            }
        )
        if preference is not None:
            verdicts.append(
                {
                    "prompt_row": row["id"], "opponent": opponent, "preference": preference, "first_order": None,
                    "second_order": None, "length": 100, "opponent_length": 100, "settled_by": "judge",
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


def test_answers_that_did_not_end_by_themselves_are_counted() -> None:
    tuned = evaluated("tuned", {"de": 1.0, "hu": 1.0, "fr": 1.0, "en": 1.0})
    ends = ["stop", "length", "file", "content_filter", "reasoning"]  # of prompts 0 to 4, in German and French
    answers = tuned.answers.with_columns(
        finish=pl.when(pl.col("id").str.contains("-(?:de|fr)-[0-4]$"))
        .then(pl.col("id").str.slice(-1).replace(dict(zip("01234", ends, strict=True))))
        .otherwise("finish")
    )
    rows = table.figures(replace(tuned, answers=answers), "reference", WANTED, TRAINED)
    found = {(row["set"], row["language"]): row["cut_off"] for row in rows}
    assert found == {
        ("crosslingual", "de"): 3, ("crosslingual", "fr"): 3, ("crosslingual", "hu"): 0,
        ("crosslingual", "mean"): 3, ("crosslingual", "zero_shot"): 3, ("english", "en"): 0,
    }  # fmt: skip


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


def beside(judge: list[float | None], truth: list[float]) -> Evaluated:
    """A model whose German pairs have these preferences by the judge, None for not in the sample, and by the truth."""
    model = evaluated("tuned", {"de": 0.5})
    both = [
        {**row, "preference": judged, "by_truth": true, "settled_by": "not_sampled" if judged is None else "judge"}
        for row, judged, true in zip(model.verdicts.to_dicts(), judge, truth, strict=True)
    ]
    return Evaluated("tuned", pl.DataFrame(both, infer_schema_length=None), model.answers)


def test_a_sample_is_covered_and_the_truth_is_compared_with_the_judge_on_it() -> None:
    truth = [1.0] * 20 + [0.0] * 20
    judge = [1.0] * 8 + [0.5, 0.0] + [None] * 10 + [0.0] * 9 + [0.9] + [None] * 10
    german = row(table.figures(beside(judge, truth), "reference", WANTED, ("de",)), "crosslingual", "de")
    assert (german["coverage"], german["win_rate"]) == (1.0, pytest.approx(100 * 9.4 / 20))
    assert (german["by_truth"], german["truth_ties"]) == (50.0, 0.05)
    assert german["by_truth_low"] < 50 < german["by_truth_high"]
    assert german["truth_agreement"] == 0.85
    # expected agreement 0.5 * 9/20 + 0.5 * 10/20; sklearn.metrics.cohen_kappa_score gives the same
    assert german["truth_kappa"] == pytest.approx((0.85 - 0.475) / (1 - 0.475), abs=1e-4)


def test_models_are_compared_on_the_sample_and_by_the_truth_on_all_prompts() -> None:
    mine = beside([1.0] * 10 + [None] * 30, [1.0] * 40)
    other = beside([0.0] * 5 + [1.0] * 5 + [None] * 30, [0.0] * 30 + [1.0] * 10)
    german = WANTED.filter(language="de")
    (compared,) = table.compared(mine, other, "reference", german, ("de",))
    assert (compared["difference"], compared["pairs"]) == (50.0, 10)
    assert (compared["truth_difference"], compared["truth_pairs"]) == (75.0, 40)
    assert compared["truth_low"] < 75 < compared["truth_high"]


def test_pairs_that_the_truth_does_not_separate_are_in_no_agreement() -> None:
    german = row(table.figures(beside([1.0] * 40, [0.5] * 40), "reference", WANTED, ("de",)), "crosslingual", "de")
    assert (german["by_truth"], german["truth_agreement"], german["truth_kappa"]) == (50.0, None, None)


def test_grades_have_an_interval_on_their_own_scale() -> None:
    model = evaluated("tuned", {"de": 0.5})
    grades = pl.Series("precision", [1, 5] * 20 + [4] * 120)
    graded = Evaluated("tuned", model.verdicts, model.answers.with_columns(grades))
    german = row(table.figures(graded, "reference", WANTED, ("de",)), "crosslingual", "de")
    assert german["precision"] == 3.0
    assert 1.5 < german["precision_low"] < 3 < german["precision_high"] < 4.5
    assert german["objectivity_low"] is None

"""Estimates are between 0 and 1, and a missing one is never taken for a number."""

from __future__ import annotations

import math

import pytest

from xlforge.checks.estimates import combine, round_trip

SOURCE = "The bridge is old."


def test_an_identical_round_trip_is_1_and_a_different_one_is_less() -> None:
    same, near, other = (round_trip(SOURCE, back) for back in (SOURCE, "The bridge is odd.", "Cats sleep."))
    assert same == 1.0
    assert same > near > other >= 0.0
    assert round_trip(SOURCE, "") == 0.0


def test_estimates_are_combined_by_weight() -> None:
    assert combine({"a": 1.0, "b": 0.5}, {"a": 1, "b": 3}) == 0.625
    assert combine({"a": 1.0, "b": None}, {"a": 2, "b": 0}) == 1.0, "weight 0 does not count"


def test_a_missing_estimate_with_a_weight_is_an_error() -> None:
    with pytest.raises(ValueError, match="no score for b"):
        combine({"a": 1.0, "b": None}, {"a": 1, "b": 1})


@pytest.mark.parametrize(
    ("scores", "weights", "message"),
    [
        ({"a": 1.0}, {"c": 1.0}, "weights name c"),
        ({"a": 1.0}, {"a": 0.0}, "one must be over 0"),
        ({"a": 1.0}, {"a": -1.0}, "none may be negative"),
        ({"a": 1.5}, {"a": 1.0}, "outside 0 to 1"),
        ({"a": math.nan}, {"a": 1.0}, "outside 0 to 1"),
    ],
)
def test_weights_and_scores_that_make_no_sense_are_errors(
    scores: dict[str, float], weights: dict[str, float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        combine(scores, weights)

"""Estimates lie between 0 and 1, and a missing one is never taken for a number."""

from __future__ import annotations

import math

import pytest

from xlforge.quality.estimates import ESTIMATES, Candidate, combine, likelihood, round_trip

ROW = Candidate(source="The bridge is old.", translation="Die Brücke ist alt.")


def test_a_round_trip_that_comes_home_is_1_and_one_that_strays_is_less() -> None:
    home, near, far = (round_trip(ROW.source, back) for back in (ROW.source, "The bridge is odd.", "Cats sleep."))
    assert home == 1.0
    assert home > near > far >= 0.0
    assert round_trip(ROW.source, "") == 0.0


def test_likelihood_is_the_geometric_mean_of_probabilities() -> None:
    assert likelihood(3 * math.log(0.5), 3) == 0.5
    assert likelihood(0.0, 7) == 1.0


@pytest.mark.parametrize(("logprob", "tokens"), [(-1.0, 0), (0.5, 2), (-math.inf, 2), (math.nan, 2)])
def test_what_is_no_sum_of_log_probabilities_is_an_error(logprob: float, tokens: int) -> None:
    with pytest.raises(ValueError, match="log-probabilities"):
        likelihood(logprob, tokens)


def test_an_estimate_of_which_nothing_is_known_is_none() -> None:
    assert {name: estimate(ROW) for name, estimate in ESTIMATES.items()} == {"round_trip": None, "likelihood": None}
    full = Candidate(ROW.source, ROW.translation, back=ROW.source, logprob=-2.0, tokens=4)
    assert ESTIMATES["round_trip"](full) == 1.0
    assert ESTIMATES["likelihood"](full) == round(math.exp(-0.5), 6)


def test_estimates_are_combined_by_weight() -> None:
    assert combine({"a": 1.0, "b": 0.5}, {"a": 1, "b": 3}) == 0.625
    assert combine({"a": 1.0, "b": None}, {"a": 2, "b": 0}) == 1.0, "weight 0 is not looked at"


def test_a_missing_estimate_is_an_error_unless_it_is_to_be_left_out() -> None:
    with pytest.raises(ValueError, match="no score for b"):
        combine({"a": 1.0, "b": None}, {"a": 1, "b": 1})
    assert combine({"a": 0.4, "b": None}, {"a": 1, "b": 1}, missing="leave_out") == 0.4
    with pytest.raises(ValueError, match="no score for a, b"):
        combine({"a": None, "b": None}, {"a": 1, "b": 1}, missing="leave_out")


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

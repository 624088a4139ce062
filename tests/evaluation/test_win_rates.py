"""Win rates: what counts, how certain it is, and whether two models differ."""

from __future__ import annotations

import time

import numpy as np
import pytest

from xlforge.evaluation.win_rates import difference, order_agreement, win_rate


def sampled(rate: float, size: int, seed: int = 0) -> list[float | None]:
    return [float(value) for value in np.random.default_rng(seed).random(size) < rate]


def test_a_tie_is_half_a_win_and_a_missing_verdict_is_in_no_mean() -> None:
    found = win_rate([1, 1, 0.5, 0, None])
    assert found.win_rate == pytest.approx(62.5)
    assert (found.n, found.of, found.coverage) == (4, 5, 0.8)


def test_missing_judgements_lower_the_coverage_and_not_the_rate() -> None:
    found = win_rate([1, 0], of=4)
    assert (found.win_rate, found.coverage, found.of) == (50, 0.5, 4)
    with pytest.raises(ValueError, match="at least the number of judgements, 2"):
        win_rate([1, 0], of=1)


def test_the_standard_error_is_alpaca_evals() -> None:
    values = [0.1, 0.9, 0.4, 1.0, 0.0]
    assert win_rate(values).standard_error == pytest.approx(100 * np.std(values, ddof=1) / np.sqrt(5))


@pytest.mark.parametrize("values", [[], [None, None]])
def test_nothing_judged_is_no_number(values: list[float | None]) -> None:
    found = win_rate(values)
    assert (found.win_rate, found.standard_error, found.interval, found.coverage) == (None, None, None, 0)


def test_one_verdict_has_a_rate_and_no_uncertainty() -> None:
    found = win_rate([1.0])
    assert (found.win_rate, found.standard_error, found.interval) == (100, None, None)


def test_too_few_prompts_have_rates_and_no_interval() -> None:
    few, enough = sampled(0.5, 9), sampled(0.5, 10)
    assert win_rate(few).win_rate is not None and win_rate(few).interval is None
    assert win_rate(enough).interval is not None
    languages = [f"{number}" for number in range(9)] * 3
    assert win_rate(few * 3, groups=languages).interval is None, "more languages are no more prompts"
    lost = difference(few, [0.0] * 9)
    assert lost.interval is None and lost.difference is not None and lost.p_value is not None


@pytest.mark.parametrize("wrong", [1.5, -0.1, 2.0])
def test_preferences_on_another_scale_are_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="from 0"):
        win_rate([1, wrong])


def test_the_interval_holds_the_truth_about_as_often_as_it_says() -> None:
    held = 0
    for seed in range(100):
        low, high = win_rate(sampled(0.3, 100, seed)).interval or (0, 0)
        held += low <= 30 <= high
    assert 88 <= held <= 99


def test_the_figures_depend_on_the_data_alone() -> None:
    values = sampled(0.4, 60)
    assert win_rate(values) == win_rate(values)
    assert difference(values, sampled(0.5, 60, 1)) == difference(values, sampled(0.5, 60, 1))


def test_verdicts_on_one_prompt_are_resampled_together() -> None:
    values, prompts = sampled(0.5, 100), [str(number) for number in range(100)]
    alone = win_rate(values)
    copied = win_rate(values * 8, groups=prompts * 8)
    naive = win_rate(values * 8)
    assert alone.interval and copied.interval and naive.interval
    assert copied.win_rate == alone.win_rate
    assert copied.interval == pytest.approx(alone.interval, abs=0.01), "copies add no certainty"
    assert copied.standard_error == pytest.approx(alone.standard_error, rel=0.05)
    assert naive.interval[1] - naive.interval[0] < 0.5 * (alone.interval[1] - alone.interval[0])


def test_each_language_counts_the_same_however_much_of_it_was_judged() -> None:
    values: list[float | None] = [1.0] * 30 + [0.0] * 10 + [None] * 20
    languages = ["de"] * 30 + ["hu"] * 30
    assert win_rate(values, strata=languages).win_rate == pytest.approx(50)
    assert win_rate(values).win_rate == pytest.approx(75)
    assert difference(values, [0.0] * 60, strata=languages).difference == pytest.approx(50)


def test_a_real_difference_is_found() -> None:
    rng = np.random.default_rng(0)
    base = rng.random(200)
    better = np.clip(base + 0.1 + 0.1 * rng.standard_normal(200), 0, 1)
    found = difference(list(better), list(base))
    assert found.interval and found.p_value is not None and found.difference is not None
    assert 0 < found.interval[0] < found.difference < found.interval[1] < 20
    assert found.p_value < 0.001
    unpaired = difference(list(better), list(rng.permutation(base)))
    assert unpaired.interval
    assert unpaired.interval[1] - unpaired.interval[0] > 2 * (found.interval[1] - found.interval[0])


def test_p_values_of_equal_models_are_uniform() -> None:
    values = [difference(sampled(0.5, 60, seed), sampled(0.5, 60, 1000 + seed)).p_value or 0 for seed in range(40)]
    assert sum(value < 0.05 for value in values) <= 6
    assert 0.35 < np.mean(values) < 0.7


def test_a_model_does_not_differ_from_itself() -> None:
    found = difference(sampled(0.5, 40), sampled(0.5, 40))
    assert (found.difference, found.interval, found.p_value) == (0, (0, 0), 1)


def test_swapping_the_models_changes_the_sign_of_the_difference() -> None:
    one, other = sampled(0.7, 80), sampled(0.5, 80, 1)
    there, back = difference(one, other), difference(other, one)
    assert there.difference == pytest.approx(-(back.difference or 0))
    assert there.p_value == pytest.approx(back.p_value, abs=0.01)


def test_only_prompts_that_both_were_judged_on_are_compared() -> None:
    found = difference([1, None, 0.5, 1], [0, 1, None, 0])
    assert (found.difference, found.n) == (100, 2)
    assert difference([None], [1]).difference is None
    with pytest.raises(ValueError, match="2 preferences and 1"):
        difference([1, 0], [1])


def test_copies_do_not_make_a_difference_more_certain() -> None:
    one, other, prompts = sampled(0.6, 50), sampled(0.5, 50, 1), [str(number) for number in range(50)]
    alone, copied = difference(one, other), difference(one * 4, other * 4, groups=prompts * 4)
    assert copied.p_value == pytest.approx(alone.p_value, abs=0.02)
    assert difference(one * 4, other * 4).p_value != pytest.approx(alone.p_value, abs=0.02)


def test_orders_agree_where_the_verdict_is_the_same() -> None:
    assert order_agreement([1, 0.9, 0.5, 1, 0, None], [0.8, 1, 0.5, 0, 0.5, 1]) == 0.6
    assert order_agreement([1, 1, 1], [0, 0, 0]) == 0, "a judge that always takes the first answer"
    assert order_agreement([None], [1]) is None


def test_eight_hundred_prompts_take_well_under_a_second() -> None:
    one, other = sampled(0.6, 800), sampled(0.5, 800, 1)
    began = time.process_time()
    win_rate(one)
    difference(one, other)
    assert time.process_time() - began < 1


def test_a_detectable_effect_is_found_in_four_fifths_of_samples() -> None:
    rng = np.random.default_rng(1)
    found = win_rate(rng.binomial(1, 0.5, 400).tolist())
    assert found.detectable == pytest.approx(2.8016 * 2.5, rel=0.02)
    shares = rng.binomial(400, 0.5 + found.detectable / 100, 4000) / 400
    assert ((shares - 0.5) / np.sqrt(shares * (1 - shares) / 400) > 1.96).mean() == pytest.approx(0.8, abs=0.03)


def test_nothing_is_detectable_without_an_error() -> None:
    assert win_rate([1.0] * 20).detectable is None
    assert difference([1.0] * 3, [0.0] * 3).detectable is None
    rng = np.random.default_rng(2)
    one, other = rng.random((2, 200)).tolist()
    expected = 2.8016 * 100 * np.std(np.subtract(one, other), ddof=1) / 200**0.5
    assert difference(one, other).detectable == pytest.approx(expected, rel=0.03)

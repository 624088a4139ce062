"""Win rates with their uncertainty: of one model, of two over the same prompts, and of a judge asked in both orders.

A preference is how much the model's answer is preferred to the reference's: 1 a win, 0.5 a tie, 0 a loss, or a judge's
probability between; None where there is no verdict. What has no verdict is in no mean and is told by the coverage.

`groups` names the prompt behind each preference where one prompt was judged several times, as in several languages: prompts
are then drawn whole, since the verdicts on one prompt are not independent. `strata` names the language: the win rate is then
the mean over languages, each counting the same however many of its verdicts are missing.

Everything is in percent, shares excepted, and depends on the data alone: the seeds are fixed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

RESAMPLES = 9999
SEED = 0
_BATCH = 250
"""Resamples computed at once: larger ones leave the processor's cache and take longer."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class WinRate:
    """A win rate; None where there are too few verdicts to tell.

    win_rate: percent. standard_error: percentage points. interval: 95 %, percent. coverage: n / of, in [0, 1].
    n: verdicts. of: judgements wanted.
    """

    win_rate: float | None
    standard_error: float | None
    interval: tuple[float, float] | None
    coverage: float
    n: int
    of: int


@dataclass(frozen=True)
class Difference:
    """A model's win rate less another's over the same prompts; None where there are too few verdicts to tell.

    difference, interval (95 %): percentage points. p_value: two-sided, that the two are alike. n: pairs of verdicts.
    coverage: n / pairs wanted, in [0, 1].
    """

    difference: float | None
    interval: tuple[float, float] | None
    p_value: float | None
    coverage: float
    n: int


@dataclass(frozen=True)
class OrderAgreement:
    """Whether a judge says the same whichever answer it is shown first; None where nothing was judged in both orders.

    agreement: the share of pairs with the same verdict in both orders, in [0, 1]. first: how much the answer shown first is
    preferred, in [0, 1]; 0.5 for a judge that the order does not sway. n: pairs judged in both orders.
    """

    agreement: float | None
    first: float | None
    n: int


def win_rate(
    preferences: Sequence[float | None],
    groups: Sequence[str] | None = None,
    strata: Sequence[str] | None = None,
    of: int | None = None,
) -> WinRate:
    """The mean preference, in percent, with its standard error and a bootstrap interval over prompts.

    The standard error is AlpacaEval's (metrics/helpers.py: pandas' `sem`), the sample's deviation (ddof 1) / √n; where
    groups or strata make that wrong, it is the bootstrap's. The interval is the percentile interval of scipy.stats.bootstrap;
    of preferences that are all the same it is a point. `of` counts judgements that are not there as missing; default: all given.
    Raises ValueError for preferences outside [0, 1] and for an `of` below their number.
    """
    wanted = len(preferences) if of is None else of
    if wanted < len(preferences):
        raise ValueError(f"of is {of}, and must be at least the number of judgements, {len(preferences)}")
    values = _values(preferences)
    judged = ~np.isnan(values)
    n = int(judged.sum())
    coverage = n / wanted if wanted else 0.0
    if not n:
        return WinRate(None, None, None, coverage, 0, wanted)
    sums, counts = _tables(values[judged], _take(groups, judged), _take(strata, judged))
    drawn = _bootstrap(sums, counts)
    error = None
    if len(sums) == n and sums.shape[1] == 1:
        error = float(100 * stats.sem(values[judged])) if n > 1 else None
    elif drawn is not None:
        error = float(100 * drawn.standard_error)
    return WinRate(float(100 * _mean(sums, counts)), error, _interval(drawn), coverage, n, wanted)


def difference(
    model: Sequence[float | None],
    other: Sequence[float | None],
    groups: Sequence[str] | None = None,
    strata: Sequence[str] | None = None,
) -> Difference:
    """The win rate of a model less that of another, over the prompts on which both have a verdict, in the same order.

    The interval is the bootstrap's over prompts. The p-value is that of a sign-flip test by prompts: were the two models alike,
    each prompt's verdicts could as well be swapped between them (scipy.stats.monte_carlo_test, whose smallest p is 2/10,000).
    Raises ValueError for preferences outside [0, 1] or of different number.
    """
    if len(model) != len(other):
        raise ValueError(
            f"{len(model)} preferences and {len(other)}: give both models' for the same prompts, None if unjudged"
        )
    ours, theirs = _values(model), _values(other)
    both = ~np.isnan(ours) & ~np.isnan(theirs)
    n = int(both.sum())
    coverage = n / len(ours) if len(ours) else 0.0
    if not n:
        return Difference(None, None, None, coverage, 0)
    names, layers = _take(groups, both), _take(strata, both)
    left, counts = _tables(ours[both], names, layers)
    right, _ = _tables(theirs[both], names, layers)
    drawn = _bootstrap(left - right, counts)
    # Each prompt's part of the difference: swapping a prompt's verdicts turns its sign.
    parts = ((left - right) / counts.sum(axis=0)).mean(axis=1)
    p_value = None
    if len(parts) > 1:
        rng = np.random.default_rng(SEED)
        tested = stats.monte_carlo_test(
            parts,
            rvs=lambda size: parts * rng.choice([-1.0, 1.0], size),
            statistic=lambda flipped, axis: flipped.sum(axis=axis),
            vectorized=True,
            n_resamples=RESAMPLES,
            batch=_BATCH,
        )
        p_value = float(tested.pvalue)
    return Difference(float(100 * parts.sum()), _interval(drawn), p_value, coverage, n)


def order_agreement(first: Sequence[float | None], second: Sequence[float | None]) -> OrderAgreement:
    """How far a judge's verdicts with the model's answer shown first agree with those with it shown second.

    Both are preferences for the model, of the same pairs in the same order. Two verdicts agree if both are for the model,
    both for the reference, or both ties. Raises ValueError for preferences outside [0, 1] or of different number.
    """
    if len(first) != len(second):
        raise ValueError(
            f"{len(first)} verdicts and {len(second)}: give both orders' for the same pairs, None if unjudged"
        )
    ahead, behind = _values(first), _values(second)
    both = ~np.isnan(ahead) & ~np.isnan(behind)
    n = int(both.sum())
    if not n:
        return OrderAgreement(None, None, 0)
    ahead, behind = ahead[both], behind[both]
    same = np.sign(ahead - 0.5) == np.sign(behind - 0.5)
    return OrderAgreement(float(same.mean()), float((ahead.mean() + 1 - behind.mean()) / 2), n)


def _values(preferences: Sequence[float | None]) -> Floats:
    values = np.array([np.nan if value is None else value for value in preferences], dtype=np.float64)
    wrong = values[(values < 0) | (values > 1)]
    if wrong.size:
        raise ValueError(f"preference {wrong[0]:g}: preferences run from 0 (reference better) to 1 (model better)")
    return values


def _take(names: Sequence[str] | None, chosen: NDArray[np.bool_]) -> NDArray[Any] | None:
    if names is None:
        return None
    if len(names) != len(chosen):
        raise ValueError(f"{len(names)} names for {len(chosen)} preferences: give one for each")
    return np.asarray(names, dtype=object)[chosen]


def _tables(values: Floats, groups: NDArray[Any] | None, strata: NDArray[Any] | None) -> tuple[Floats, Floats]:
    """Sums and counts of the values, (groups, strata) each."""
    n = len(values)
    row = np.arange(n) if groups is None else np.unique(groups, return_inverse=True)[1]
    column = np.zeros(n, dtype=np.intp) if strata is None else np.unique(strata, return_inverse=True)[1]
    sums = np.zeros((row.max() + 1, column.max() + 1))
    counts = np.zeros_like(sums)
    np.add.at(sums, (row, column), values)
    np.add.at(counts, (row, column), 1)
    return sums, counts


def _mean(sums: Floats, counts: Floats) -> np.float64:
    mean: np.float64 = (sums.sum(axis=0) / counts.sum(axis=0)).mean()
    return mean


def _bootstrap(sums: Floats, counts: Floats) -> Any:
    """scipy's bootstrap of the mean over strata, groups drawn whole; None for a single group."""
    size = len(sums)
    if size < 2:
        return None

    tables = np.concatenate([sums, counts], axis=1)

    def statistic(drawn: NDArray[np.intp], axis: int = -1) -> Floats:
        """(resamples, groups) of group numbers to (resamples,) of means: how often each group was drawn times its sums."""
        times = np.bincount((drawn + size * np.arange(len(drawn))[:, None]).ravel(), minlength=drawn.size)
        # einsum and not @, which waits for threads on a busy machine.
        found = np.einsum("rg,gs->rs", times.reshape(drawn.shape).astype(np.float64), tables)
        # A stratum of which nothing was drawn says nothing.
        with np.errstate(invalid="ignore"):
            means = found[:, : sums.shape[1]] / found[:, sums.shape[1] :]
        mean: Floats = np.nanmean(means, axis=-1)
        return mean

    return stats.bootstrap(
        (np.arange(size),),
        statistic,
        n_resamples=RESAMPLES,
        batch=_BATCH,
        vectorized=True,
        method="percentile",
        rng=np.random.default_rng(SEED),
    )


def _interval(drawn: Any) -> tuple[float, float] | None:
    if drawn is None:
        return None
    found = drawn.confidence_interval
    return 100 * float(found.low), 100 * float(found.high)

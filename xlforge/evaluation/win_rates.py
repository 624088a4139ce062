"""Win rates with their uncertainty: of one model, and the difference of two over the same prompts.

A preference is for the model's answer over the reference's: 1 a win, 0.5 a tie, 0 a loss, or a probability between; None where
there is no verdict. A missing verdict is in no mean; the coverage reports it.

`groups` names the prompt of each preference, for prompts that were judged several times, such as in several languages. The bootstrap
then resamples whole prompts, because the verdicts on one prompt are not independent. `strata` names the language: the win rate is then
the mean over languages, each with the same weight however many of its verdicts are missing.

All figures are percent, except shares, and depend on the data alone: the seeds are fixed.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import stats

RESAMPLES = 9999
SEED = 0
_OPTIONS: dict[str, Any] = {"n_resamples": RESAMPLES, "vectorized": True, "batch": 250}
"""scipy's, for both methods. batch: resamples computed at once; larger ones leave the processor's cache and take longer."""

MIN_PROMPTS = 10
"""Fewer have no interval: it would be far too narrow, and a point where they agree. At 3 prompts, of true rates of 50, 30 and 10 % the
intervals of 150 samples each held 79, 66 and 27 %; at 10 prompts 96, 96 and 64 %."""

POWER = float(stats.norm.ppf(0.975) + stats.norm.ppf(0.8))
"""Standard errors in the smallest effect that a two-sided test at 5 % finds in 80 % of the samples."""

Floats = NDArray[np.float64]
Preferences = Sequence[float | None]
Names = Sequence[str] | None


@dataclass(frozen=True)
class WinRate:
    """A win rate; a figure is None where there are too few verdicts.

    Args:
        win_rate: percent.
        standard_error: percentage points.
        interval: 95 %, percent.
        coverage: n / of, in [0, 1].
        n: verdicts.
        of: expected judgements.
    """

    win_rate: float | None
    standard_error: float | None
    interval: tuple[float, float] | None
    coverage: float
    n: int
    of: int

    @property
    def detectable(self) -> float | None:
        """The smallest distance from 50 % that such a sample shows (`detectable`), percentage points."""
        return detectable(self.standard_error)


@dataclass(frozen=True)
class Difference:
    """A model's win rate minus another's over the same prompts; a figure is None where there are too few verdicts.

    Args:
        difference: percentage points.
        interval: 95 %, percentage points.
        p_value: two-sided, that the two models are equal.
        n: pairs of verdicts.
        standard_error: the bootstrap's over prompts, percentage points.
    """

    difference: float | None
    interval: tuple[float, float] | None
    p_value: float | None
    n: int
    standard_error: float | None = None

    @property
    def detectable(self) -> float | None:
        """The smallest difference that such a sample shows (`detectable`), percentage points."""
        return detectable(self.standard_error)


def detectable(standard_error: float | None) -> float | None:
    """The minimum detectable effect: (z of 0.975 + z of 0.8) · standard error (Bloom 1995, Minimum Detectable Effects).

    A true effect of this size is found by a two-sided test at 5 % in 80 % of the samples. None without an error, or where all
    values are equal: a sample that does not vary shows nothing about others.
    """
    return POWER * standard_error if standard_error else None


def win_rate(preferences: Preferences, groups: Names = None, strata: Names = None, of: int | None = None) -> WinRate:
    """The mean preference, in percent, with its standard error and a bootstrap interval over prompts.

    The standard error is AlpacaEval's (metrics/helpers.py: pandas' `sem`), the sample's deviation (ddof 1) / √n. With groups or
    strata, where this formula is wrong, it is the bootstrap's. The interval is the percentile interval of scipy.stats.bootstrap;
    for preferences that are all equal it is a point, and for fewer than MIN_PROMPTS prompts there is none.

    Args:
        of: the number of expected judgements; by default the number of preferences.

    Raises:
        ValueError: a preference is outside [0, 1], or `of` is too small.
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
    resampled = _bootstrap(sums, counts)
    error = None
    if len(sums) == n and sums.shape[1] == 1:
        error = float(100 * stats.sem(values[judged])) if n > 1 else None
    elif resampled is not None:
        error = float(100 * resampled.standard_error)
    return WinRate(float(100 * _mean(sums, counts)), error, _interval(resampled), coverage, n, wanted)


def difference(model: Preferences, other: Preferences, groups: Names = None, strata: Names = None) -> Difference:
    """The win rate of a model minus that of another, over the prompts on which both have a verdict.

    The interval is the bootstrap's over prompts. The p-value is that of a sign-flip test by prompts: if the two models were equal,
    each prompt's verdicts could be swapped between them (scipy.stats.monte_carlo_test, whose smallest p is 2/10,000).

    Args:
        model, other: preferences on the same prompts, in the same order.

    Raises:
        ValueError: a preference is outside [0, 1], or the inputs have different lengths.
    """
    ours, theirs, names, layers = _both(model, other, groups, strata)
    if not len(ours):
        return Difference(None, None, None, 0)
    left, counts = _tables(ours, names, layers)
    right, _ = _tables(theirs, names, layers)
    resampled = _bootstrap(left - right, counts)
    # Each prompt's part of the difference: swapping a prompt's verdicts changes its sign.
    parts = ((left - right) / counts.sum(axis=0)).mean(axis=1)
    p_value = None
    if len(parts) > 1:
        rng = np.random.default_rng(SEED)
        flips = {"rvs": lambda size: parts * rng.choice([-1.0, 1.0], size), "statistic": np.sum}
        p_value = float(stats.monte_carlo_test(parts, **flips, **_OPTIONS).pvalue)
    error = None if resampled is None else float(100 * resampled.standard_error)
    return Difference(float(100 * parts.sum()), _interval(resampled), p_value, len(ours), error)


def order_agreement(first: Sequence[float | None], second: Sequence[float | None]) -> float | None:
    """The share of pairs with the same verdict in both orders, in [0, 1]; None where nothing was judged in both.

    Args:
        first, second: preferences for the model with its answer shown first and second, of the same pairs.

    Raises:
        ValueError: a preference is outside [0, 1], or the inputs have different lengths.
    """
    ours, theirs = _both(first, second)
    return float((np.sign(ours - 0.5) == np.sign(theirs - 0.5)).mean()) if len(ours) else None


def _both(one: Sequence[float | None], other: Sequence[float | None], *names: Sequence[str] | None) -> Any:
    """The values where both inputs have one, and the names at these places."""
    if len(one) != len(other):
        raise ValueError(f"{len(one)} preferences and {len(other)}: give both for the same prompts, None if unjudged")
    ours, theirs = _values(one), _values(other)
    both = ~np.isnan(ours) & ~np.isnan(theirs)
    return ours[both], theirs[both], *(_take(each, both) for each in names)


def _values(preferences: Sequence[float | None]) -> Floats:
    values = np.array([np.nan if value is None else value for value in preferences], dtype=np.float64)
    wrong = values[(values < 0) | (values > 1)]
    if wrong.size:
        raise ValueError(f"preference {wrong[0]:g}: preferences are from 0 (reference better) to 1 (model better)")
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
    return np.float64((sums.sum(axis=0) / counts.sum(axis=0)).mean())


def _bootstrap(sums: Floats, counts: Floats) -> Any:
    """scipy's bootstrap of the mean over strata, with whole groups; None for too few of them."""
    size = len(sums)
    if size < MIN_PROMPTS:
        return None

    tables = np.concatenate([sums, counts], axis=1)

    def statistic(resampled: NDArray[np.intp], axis: int = -1) -> Floats:
        """Means of shape (resamples,) from group numbers of shape (resamples, groups)."""
        times = np.bincount((resampled + size * np.arange(len(resampled))[:, None]).ravel(), minlength=resampled.size)
        # einsum and not @, which waits for threads on a busy machine.
        found = np.einsum("rg,gs->rs", times.reshape(resampled.shape).astype(np.float64), tables)
        # A stratum without a sampled group is in no mean.
        with np.errstate(invalid="ignore"):
            means = found[:, : sums.shape[1]] / found[:, sums.shape[1] :]
        return np.asarray(np.nanmean(means, axis=-1))

    rng = np.random.default_rng(SEED)
    return stats.bootstrap((np.arange(size),), statistic, method="percentile", rng=rng, **_OPTIONS)


def _interval(resampled: Any) -> tuple[float, float] | None:
    if resampled is None:
        return None
    found = resampled.confidence_interval
    return 100 * float(found.low), 100 * float(found.high)

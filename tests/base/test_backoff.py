"""Waits grow, stay below their limit, and differ between clients."""

from __future__ import annotations

from statistics import mean

import pytest

from xlforge.base.backoff import backoff


@pytest.mark.parametrize(("failures", "longest"), [(0, 0.5), (1, 1.0), (3, 4.0), (7, 60.0), (100_000, 60.0)])
def test_waits_double_up_to_the_longest_and_are_spread_evenly(failures: int, longest: float) -> None:
    waits = [backoff(failures, 0.5, 60.0) for _ in range(2000)]
    assert 0 <= min(waits) < 0.05 * longest
    assert 0.95 * longest < max(waits) <= longest
    assert mean(waits) == pytest.approx(longest / 2, rel=0.1)

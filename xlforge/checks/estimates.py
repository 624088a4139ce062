"""Estimates of a translation's quality, in [0, 1], higher is better, and their combination by declared weights.

An estimate that is not available is None, never a number, and an error where it has a weight. A new estimate is a name, a score for
every candidate and a weight; `xlforge.checks.comet` gets those of an estimation model.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from sacrebleu.metrics.chrf import CHRF


def round_trip(source: str, back: str) -> float:
    """chrF of a translation back against the source, divided by 100; 0 where either has no word."""
    return round(float(_chrf().sentence_score(back, [source]).score) / 100, 6)


def combine(scores: Mapping[str, float | None], weights: Mapping[str, float]) -> float:
    """The weighted mean of a candidate's estimates, by name; those of weight 0 do not count.

    Raises:
        ValueError: an estimate with a weight is missing or outside [0, 1], or a weight is negative, of an unknown estimate, or none
            is over 0.
    """
    counted = {name: weight for name, weight in weights.items() if weight}
    if any(weight < 0 for weight in counted.values()) or not counted:
        raise ValueError(f"weights {dict(weights)}: none may be negative and one must be over 0; correct the weights")
    if unknown := sorted(set(counted) - set(scores)):
        raise ValueError(f"weights name {', '.join(unknown)}, but the estimates are {', '.join(sorted(scores))}")
    known = {name: score for name in counted if (score := scores[name]) is not None}
    if missing := sorted(counted.keys() - known):
        raise ValueError(
            f"no score for {', '.join(missing)}, which the weights count: provide it (log-probabilities need an engine that "
            "returns them), or set its weight to 0"
        )
    if odd := {name: score for name, score in known.items() if not 0 <= score <= 1}:
        raise ValueError(f"estimates {odd} are outside 0 to 1: scale them before they are combined")
    return round(sum(counted[name] * score for name, score in known.items()) / sum(counted.values()), 6)


@cache
def _chrf() -> CHRF:
    return CHRF()

"""Estimates of a translation's quality, in [0, 1], higher is better, and their combination by declared weights.

An estimate that could not be had is None, never a number: to leave it out is a decision, and `combine` takes it only when
told so. A new estimate is a name, a score for every candidate and a weight; a model's is asked in `xlforge.checks.comet`.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Literal

from sacrebleu.metrics.chrf import CHRF


def round_trip(source: str, back: str) -> float:
    """chrF of a translation back against the source, divided by 100; 0 where either has no word."""
    return round(float(_chrf().sentence_score(back, [source]).score) / 100, 6)


def combine(
    scores: Mapping[str, float | None], weights: Mapping[str, float], missing: Literal["error", "leave_out"] = "error"
) -> float:
    """The mean of a candidate's estimates by weight; those of weight 0 are not looked at.

    missing: what becomes of an estimate with a weight and no score. `leave_out` takes the mean over the others, which is
    comparable only among candidates that lack the same ones. Raises ValueError for a missing one under `error`, when nothing
    is left, for a score outside [0, 1], and for a weight that is negative or of an estimate that was not made.
    """
    counted = {name: weight for name, weight in weights.items() if weight}
    if any(weight < 0 for weight in counted.values()) or not counted:
        raise ValueError(f"weights {dict(weights)}: none may be negative and one must be over 0; mend the weights")
    unknown = sorted(set(counted) - set(scores))
    if unknown:
        raise ValueError(f"weights name {', '.join(unknown)}, but the estimates are {', '.join(sorted(scores))}")
    lacking = sorted(name for name in counted if scores[name] is None)
    had = {name: score for name in counted if (score := scores[name]) is not None}
    if lacking and (missing == "error" or not had):
        raise ValueError(
            f"no score for {', '.join(lacking)}, which the weights count: have it made (log-probabilities need an engine that "
            "gives them), set its weight to 0, or say that missing estimates are to be left out"
        )
    odd = {name: score for name, score in had.items() if not 0 <= score <= 1}
    if odd:
        raise ValueError(f"estimates {odd} are outside 0 to 1: scale them before they are combined")
    return round(sum(counted[name] * score for name, score in had.items()) / sum(counted[name] for name in had), 6)


@cache
def _chrf() -> CHRF:
    return CHRF()

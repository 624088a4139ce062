"""Estimates of a translation's quality, in [0, 1], higher is better, and their combination by declared weights.

An estimate that could not be had is None, never a number: to leave it out is a decision, and `combine` takes it only when
told so. (A model's estimate is asked elsewhere, `xlforge.quality.comet`, and combined here.)
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Literal, Protocol

from sacrebleu.metrics.chrf import CHRF


@dataclass(frozen=True)
class Candidate:
    """What may be known of one translation.

    back: its translation into the language of the source. logprob: the sum of its tokens' log-probabilities in nats, under
    the model that wrote it; tokens: how many those are.
    """

    source: str
    translation: str
    back: str | None = None
    logprob: float | None = None
    tokens: int | None = None


class Estimate(Protocol):
    """One way of estimating; None for a candidate of which too little is known for it."""

    name: str

    def __call__(self, candidate: Candidate) -> float | None: ...


class RoundTrip:
    """How much of the source a translation back shows: their chrF (Popović, 2015; sacrebleu's settings) as a share."""

    name = "round_trip"

    def __call__(self, candidate: Candidate) -> float | None:
        return None if candidate.back is None else round_trip(candidate.source, candidate.back)


class Likelihood:
    """How likely the translation was to the model that wrote it: the geometric mean of its tokens' probabilities."""

    name = "likelihood"

    def __call__(self, candidate: Candidate) -> float | None:
        if candidate.logprob is None or candidate.tokens is None:
            return None
        return likelihood(candidate.logprob, candidate.tokens)


ESTIMATES: dict[str, Estimate] = {estimate.name: estimate for estimate in (RoundTrip(), Likelihood())}
"""The estimates that need no model of their own."""


def round_trip(source: str, back: str) -> float:
    """chrF of a translation back against the source, divided by 100; 0 where either has no word."""
    return round(float(_chrf().sentence_score(back, [source]).score) / 100, 6)


def likelihood(logprob: float, tokens: int) -> float:
    """exp(logprob / tokens); ValueError for what is no sum of so many log-probabilities."""
    if tokens < 1 or not -math.inf < logprob <= 1e-6:
        raise ValueError(
            f"{logprob} is no sum of {tokens} log-probabilities: it must be finite and at most 0, over at least one token; "
            "give the engine's sum in nats and the tokens it is of"
        )
    return round(math.exp(min(logprob, 0.0) / tokens), 6)


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

"""The length-controlled win rate: what the win rate would be if both answers had the same length.

Judges prefer longer answers. AlpacaEval's length control (Dubois, Galambosi, Liang, Hashimoto 2024, Length-Controlled
AlpacaEval, arXiv 2404.04475; alpaca_eval, metrics/glm_winrate.py) fits a logistic regression of the preference on the model, on
tanh(Δ / deviation of Δ), where Δ is the model's length minus the reference's in characters, and on a difficulty of each
instruction. The result is the mean prediction at Δ = 0. Its difficulties were fitted for its own baseline, and its fit is regularised
by judgements of answers that were made verbose and concise on purpose. Neither transfers to another reference. Ours is the same
regression without both:

    logit E[preference] = quality + slope · tanh(Δ / deviation of Δ) + step · sign(Δ)

evaluated at Δ = 0: logistic(quality). It has three more differences, all for judges that decide by length alone:

- The step. A judge that always takes the longer answer jumps at Δ = 0, which a smooth term cannot follow. Where one model is
  mostly the longer one, the rest of the jump would count as quality.
- An answer of equal length counts half on each side of the step. Without this, a few such answers alone would decide the quality.
- Lapses. A share of the verdicts is taken as chance, and removed from the result: chance = half of the share, preference
  = chance + (1 - share) · preference. Without this, a judge without exceptions makes the weights infinite, and the few answers of
  about equal length decide. For a judge that ignores length it changes nothing.

Swapping model and reference gives 100 - x: every term but quality changes its sign with Δ.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit

LAPSES = 0.1
"""The share of verdicts taken as chance."""
QUALITY, SLOPE, STEP = 20.0, 1.0, 20.0
"""Deviations of the weights' normal priors, in logits. They matter only where the data decide nothing: if all answers differ by the
same two lengths, slope and step cannot be separated, and the step gets the effect."""
FEW = 50
"""With fewer judgements than this on one side of equal length, a note calls the figure uncertain."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class LengthControlled:
    """A length-controlled win rate in percent, None where length and quality cannot be separated; note: a restriction of it."""

    win_rate: float | None
    note: str = ""


def length_controlled(preferences: Sequence[float | None], longer: Sequence[float]) -> LengthControlled:
    """The win rate at equal length.

    Without any difference of length it is the plain win rate. Where the model's answers are all longer, or all shorter, nothing
    was judged near equal length, and the figure is None.

    Args:
        preferences: in [0, 1]; None is left out.
        longer: the model's length minus the reference's.

    Raises:
        ValueError: the inputs have different lengths.
    """
    if len(preferences) != len(longer):
        raise ValueError(f"{len(preferences)} preferences and {len(longer)} lengths: give one for each")
    judged = [(value, delta) for value, delta in zip(preferences, longer, strict=True) if value is not None]
    if not judged:
        return LengthControlled(None, "nothing was judged")
    wins, deltas = np.array(judged, dtype=np.float64).T
    if not deltas.any():
        return LengthControlled(float(100 * wins.mean()), "the answers are equally long: no length to control for")
    below, above = int((deltas <= 0).sum()), int((deltas >= 0).sum())
    fewer = min(below, above)
    side = "longer" if below < above else "shorter"
    if not fewer:
        return LengthControlled(None, f"all {len(wins)} answers are {side}: length and quality cannot be separated")
    note = f"all but {fewer} of the model's {len(wins)} answers are {side}: uncertain" if fewer < FEW else ""
    return LengthControlled(100 * _at_equal_length(wins, deltas), note)


def _at_equal_length(wins: Floats, deltas: Floats) -> float:
    """The fitted preference at Δ = 0, in [0, 1]."""
    tied = deltas == 0
    slope = np.tanh(deltas / np.std(deltas, ddof=1))
    step = np.concatenate([np.where(tied, 1.0, np.sign(deltas)), np.full(tied.sum(), -1.0)])
    terms = np.column_stack([np.full(len(step), QUALITY), SLOPE * np.concatenate([slope, slope[tied]]), STEP * step])
    target = LAPSES / 2 + (1 - LAPSES) * np.concatenate([wins, wins[tied]])
    weight = np.concatenate([np.where(tied, 0.5, 1.0), np.full(tied.sum(), 0.5)])

    def loss(weights: Floats) -> tuple[float, Floats]:
        """The penalised cross-entropy, and its gradient."""
        logits = terms @ weights
        value = weight @ (np.logaddexp(0, logits) - target * logits) + weights @ weights / 2
        gradient: Floats = terms.T @ (weight * (expit(logits) - target)) + weights
        return float(value), gradient

    found = expit(QUALITY * minimize(loss, np.zeros(3), jac=True, method="BFGS", options={"gtol": 1e-5}).x[0])
    return float(np.clip((found - LAPSES / 2) / (1 - LAPSES), 0, 1))

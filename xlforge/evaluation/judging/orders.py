"""A judge's response as a preference, and two preferences, one for each order of the answers, as a verdict."""

import math
import re
from dataclasses import dataclass

LETTERS = ("A", "B")
_LETTER = re.compile(r"\W*(?:(?:answer|response)\b\W*)?([AB])\W*", re.IGNORECASE)


@dataclass(frozen=True)
class Verdict:
    """preference: for one answer over the other, in [0, 1]. agreed: whether both orders have the same winner."""

    preference: float
    agreed: bool


def read_letter(text: str) -> str | None:
    """The letter that a judge named, if the response is this letter with nothing but marks (or "Answer") around it."""
    found = _LETTER.fullmatch(text.strip())
    return found.group(1) if found and found.group(1) in LETTERS else None


def preference(letter: str, logprob: float | None) -> float:
    """The preference for answer A, in [0, 1].

    Args:
        logprob: the log of the letter's share of the probability of both, P(A) / (P(A) + P(B)), in nats; None if it is not known.
    """
    share = 1.0 if logprob is None else math.exp(min(logprob, 0.0))
    return share if letter == LETTERS[0] else 1 - share


def settle(first: float, second: float) -> Verdict:
    """The verdict from the preferences in both orders: their mean, or a tie where they have different winners."""
    sides = [(value > 0.5) - (value < 0.5) for value in (first, second)]
    flipped = sides[0] * sides[1] < 0
    return Verdict(0.5 if flipped else (first + second) / 2, sides[0] == sides[1])

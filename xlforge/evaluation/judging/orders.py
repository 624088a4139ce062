"""A judge's words as a preference, and two of them, one for each order of the answers, as a verdict."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

LETTERS = ("A", "B")
_LETTER = re.compile(r"\W*(?:(?:answer|response)\b\W*)?([AB])\W*", re.IGNORECASE)


@dataclass(frozen=True)
class Verdict:
    """preference: how much one answer is preferred to the other, in [0, 1]. agreed: whether both orders say the same."""

    preference: float
    agreed: bool


def read_letter(words: str) -> str | None:
    """The letter that a judge named, if its words are that letter and no more than marks (or "Answer") around it."""
    found = _LETTER.fullmatch(words.strip())
    return found.group(1) if found and found.group(1) in LETTERS else None


def preference(letter: str, logprob: float | None) -> float:
    """How much answer A is preferred, in [0, 1].

    logprob: of the named letter's share of the probability of both, in nats: P(A) / (P(A) + P(B)); None takes the letter.
    """
    share = 1.0 if logprob is None else math.exp(min(logprob, 0.0))
    return share if letter == LETTERS[0] else 1 - share


def settle(first: float, second: float) -> Verdict:
    """The verdict from one model's preference as read in each order: their mean, and a tie where they name different winners."""
    sides = [(value > 0.5) - (value < 0.5) for value in (first, second)]
    flipped = sides[0] * sides[1] < 0
    return Verdict(0.5 if flipped else (first + second) / 2, sides[0] == sides[1])

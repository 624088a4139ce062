"""A judge's response as a preference, and two preferences, one for each order of the answers, as a verdict."""

import math
import re
from dataclasses import dataclass

LETTERS = ("A", "B")
_MARKS = r"[\W_]*"
_BETTER = r"(?:is|was)\s+(?:(?:the|clearly|much|slightly)\s+)*(?:better|preferable|superior)\b|wins\b"
_FIRST = re.compile(rf"{_MARKS}(?i:(?:answer|response)\b{_MARKS})?([AB])(?:{_MARKS}\Z|[*\])]*[.:,\n]|\s+(?:{_BETTER}))")
_LAST = re.compile(rf"(?i:\b(?:is|answer|response|verdict|choice|winner)\b){_MARKS}([AB]){_MARKS}\Z")
_COMPARED = re.compile(r"\bthan\s+(?:(?:answer|response)\s+)?[AB]\b", re.IGNORECASE)
_ALONE = re.compile(r"(?<![^\W_])[AB](?![^\W_])")
_UNCLEAR = re.compile(r"\b(?:not|neither|nor|both|worse|worst|tie|tied|equal\w*|loses)\b|n['’]t\b", re.IGNORECASE)


@dataclass(frozen=True)
class Verdict:
    """preference: for one answer over the other, in [0, 1]. agreed: whether both orders have the same winner."""

    preference: float
    agreed: bool


def read_letter(text: str) -> str | None:
    """The letter that a judge named, alone or in a sentence that begins or ends with it, as in "Answer B is better than A."

    None where the text names both letters, or has a word that may turn its sense.
    """
    plain = _COMPARED.sub("", text)
    found = _FIRST.match(plain) or _LAST.search(plain)
    if found is None or _UNCLEAR.search(plain) or {*_ALONE.findall(plain)} != {found.group(1)}:
        return None
    return found.group(1)


def preference(letter: str, logprob: float | None) -> float:
    """The preference for answer A, in [0, 1], to three digits: the last bits of a logprob depend on what else was in the batch.

    Args:
        logprob: the log of the letter's share of the probability of both, P(A) / (P(A) + P(B)), in nats; None if it is not known.
    """
    share = 1.0 if logprob is None else round(math.exp(min(logprob, 0.0)), 3)
    return share if letter == LETTERS[0] else round(1 - share, 3)


def settle(first: float, second: float) -> Verdict:
    """The verdict from the preferences in both orders: their mean, or a tie where they have different winners."""
    sides = [(value > 0.5) - (value < 0.5) for value in (first, second)]
    flipped = sides[0] * sides[1] < 0
    return Verdict(0.5 if flipped else round((first + second) / 2, 4), sides[0] == sides[1])

"""What belongs to a number in digits: its sign, whether it is a percentage, its units; and whether a translation kept these."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from xlforge.checks import cldr
from xlforge.checks.units import units
from xlforge.languages.registry import traits

_MINUS = re.compile(r"(?:^|[\s(\[{\"'“„«=:;~<>≤≥≈])(?:[-‐‑﹣－–]|−\s?)[$€£¥]?$")
_RANGE = re.compile(r"\d\s?\S{0,3}\s{0,2}[-‐‑﹣－–−][$€£¥]?$")
_ENGLISH_MINUS = re.compile(r"\b(?:minus|negative)[\s-]$", re.IGNORECASE)
_BELOW = re.compile(r"[^\d.!?]{0,30}\bbelow (?:zero|freezing)", re.IGNORECASE)
_SHARED = re.compile(r"\s?(?:[-–,/]|\w{1,3})\s?[-–−]?\d[\d.,]*")
_REST = re.compile(r"[^.!?。！？।]+")
_SUFFIX = r"(?::[^\W\d_]{1,5})?"
"""Finnish: 34:ään prosenttiin."""
_AT_LEAST = ("moins", "menos", "meno", "menys")
"""Words for minus that are also those of "at least"."""
_HYPHENATED = re.compile(r"\w[-‐‑–]$")
_NEAR = 30
_COMPARED = 50
"""Numbers of one value that are looked at."""

Item = tuple[str, frozenset[Fraction], "Quantity"]
"""A number as written, its values, and what belongs to it."""
Items = Sequence[Item]


@dataclass(frozen=True)
class Quantity:
    """What belongs to a number.

    Args:
        negative: by a sign or a word; None where that is unclear: 12 Grad unter null, oxygen-16, au moins 12.
        percent: a mark or word for it is with the number, or with the next one (5 to 7 %); None where one follows in the sentence.
        units: that its word or symbol can be.
    """

    negative: bool | None = False
    percent: bool | None = False
    units: frozenset[str] = frozenset()


def around(text: str, start: int, end: int, code: str) -> Quantity:
    """What belongs to the number at a place of a text in a language."""
    before = text[max(0, start - _NEAR) : start]
    negative = _is_negative(before, text[end : end + 2 * _NEAR], code)
    return Quantity(negative, _is_percent(before, text, end, code), units(text, start, end, code))


def differences(ours: Items, theirs: Items, source: str, target: str, code: str) -> tuple[list[str], list[str]]:
    """The numbers whose sign, percent or unit is another in the translation, as they are and as they became."""
    with_value: dict[Fraction, list[Item]] = {}
    for item in theirs:
        for value in item[1]:
            with_value.setdefault(value, []).append(item)
    gone, new = [], []
    for text, values, quantity in ours:
        same = [other for value in values for other in with_value.get(value, [])[:_COMPARED]]
        changed = same and _changed(quantity, [other for _, _, other in same], source, target, code)
        if changed:
            gone.append(_shown(text, quantity, changed))
            new.append(_shown(same[0][0], same[0][2], changed))
    return gone, new


def _changed(ours: Quantity, theirs: list[Quantity], source: str, target: str, code: str) -> str:
    """In what a number differs from all numbers of its value: `sign`, `percent`, `unit` or nothing."""
    if ours.negative is not None and all(their.negative is (not ours.negative) for their in theirs):
        return "sign"
    unlike = ours.percent is not None and all(their.percent is (not ours.percent) for their in theirs)
    if unlike and _percent_words(code):
        marks, left = len(_percent("en").findall(cldr.plain(source))), len(_percent(code).findall(cldr.plain(target)))
        if left < marks if ours.percent else left > marks:
            return "percent"
    if ours.units and all(their.units and not their.units & ours.units for their in theirs):
        return "unit"
    return ""


def _shown(text: str, quantity: Quantity, changed: str) -> str:
    if changed == "sign":
        return f"{'-' if quantity.negative else ''}{text}"
    if changed == "percent":
        return f"{text} %" if quantity.percent else text
    return f"{text} {'/'.join(sorted(quantity.units))}"


def _is_negative(before: str, after: str, code: str) -> bool | None:
    if _MINUS.search(before) and not _RANGE.search(before):
        return True
    if _HYPHENATED.search(before):
        return None
    if code == "en":
        return bool(_ENGLISH_MINUS.search(before) or _BELOW.match(after))
    before, after = cldr.plain(before), cldr.plain(after)
    if minus := _minus(code).search(before):
        return None if minus.group(1) in _AT_LEAST else True
    return None if _zero(code).search(before) or _zero(code).search(after) else False


def _is_percent(before: str, text: str, end: int, code: str) -> bool | None:
    after = cldr.plain(text[end : end + 3 * _NEAR])
    if _percent(code).match(after) or _percent_before(code).search(cldr.plain(before)):
        return True
    shared = _SHARED.match(after)
    if shared and _percent(code).match(after, shared.end()):
        return True
    rest = _REST.match(after)
    return None if rest and _percent(code).search(rest.group()) else False


@cache
def _minus(code: str) -> re.Pattern[str]:
    words = ("minus", cldr.minus(code), *map(cldr.plain, traits(code).minus))
    return re.compile(rf"({_any(words)})[\s-]?$")


@cache
def _zero(code: str) -> re.Pattern[str]:
    """A word for zero, perhaps with an article before it, as in Arabic."""
    zero = [word for word, value in cldr.number_words(code).items() if value == 0]
    return re.compile(rf"(?<!\w)\w{{0,2}}(?:{_any(zero)})")


def _percent_words(code: str) -> frozenset[str]:
    """The words for percent, folded; without any, a translation may have words for it that are not seen."""
    return cldr.percent(code).union(map(cldr.plain, traits(code).percent))


@cache
def _percent(code: str) -> re.Pattern[str]:
    return re.compile(rf"{_SUFFIX}(?:\s?[%٪‰]|[\s-]?(?:per ?cent|pct|{_any(map(_stem, _percent_words(code)))}))")


@cache
def _percent_before(code: str) -> re.Pattern[str]:
    """Turkish: yüzde 5, %5; Chinese: 百分之5."""
    return re.compile(rf"(?:%|{_any(_percent_words(code))})\s?$")


def _stem(word: str) -> str:
    return word[:-2] if len(word) >= 7 and word.isalpha() else word


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words) if word) or "(?!)"

"""Numbers that a text in any language spells out: whole ones up to a hundred by ICU's rules, and halves.

Inflected forms that neither ICU nor the language's file has are not seen.
"""

import re
from collections.abc import Iterator, Mapping
from fractions import Fraction
from functools import cache

from xlforge.checks import cldr
from xlforge.checks.numerals import values
from xlforge.checks.scales import factors
from xlforge.checks.sentences import UNSPACED
from xlforge.languages.registry import traits

_HALF = Fraction(1, 2)
_GAP, _GAP_UNSPACED = r"\W{0,3}(?:\w{1,30}\W{1,3}){0,2}?", r"[^\W\d_]{0,10}?\W?"
"""Between a number and the half that belongs to it: two hours and a half."""


def words(text: str, code: str) -> list[tuple[str, int]]:
    """The spelled-out whole numbers of a text: each word, folded, and its value. Chinese numerals are not among them."""
    known = _known(code)
    return [(match.group(), known[match.group()]) for match in _word(code).finditer(cldr.plain(text))] if known else []


def halves(text: str, code: str) -> tuple[frozenset[Fraction], bool]:
    """The numbers with a half that a text spells out.

    Returns:
        Their values, and whether there is a half whose number is not read, as in an Arabic dual.
    """
    found: set[Fraction] = set()
    unread = False
    if pattern := _half(code):
        for match in pattern.finditer(cldr.plain(text)):
            number = _number(match.group("number"), match.group("whole"), code)
            factor = _factors(code).get(match.group("scale") or "", 1)
            found |= {value * each for value in (number, _HALF) if value for each in (1, factor)}
            unread = unread or number is None
    return frozenset(found), unread


def _number(number: str | None, whole: str | None, code: str) -> Fraction | None:
    """The value of what stands before a half, with the half; of a word that holds both."""
    if whole:
        return Fraction(_whole(code)[whole])
    if not number:
        return None
    if number.isdecimal():
        return int(number) + _HALF
    if number in _known(code):
        return _known(code)[number] + _HALF
    return next((value + _HALF for value in values(number, traits(code).numerals)), None)


@cache
def _known(code: str) -> Mapping[str, int]:
    language = traits(code)
    if language.numerals:
        return {}
    return {**cldr.number_words(code), **{cldr.plain(word): value for word, value in language.number_words.items()}}


@cache
def _whole(code: str) -> Mapping[str, float]:
    return {cldr.plain(word): value for word, value in traits(code).half_words.items()}


@cache
def _factors(code: str) -> Mapping[str, int]:
    return {cldr.plain(word): factor for word, factor in factors(code).items()}


@cache
def _word(code: str) -> re.Pattern[str]:
    known = _known(code)
    unspaced = any(UNSPACED.search(word) for word in known)
    return re.compile(_any(known) if unspaced else rf"(?<!\w)(?:{_any(known)})(?!\w)")


@cache
def _half(code: str) -> re.Pattern[str] | None:
    language = traits(code)
    markers = [cldr.plain(word) for word in language.halves]
    if not markers and not language.half_words:
        return None
    unspaced = any(UNSPACED.search(word) for word in markers)
    numerals = language.numerals
    characters = f"|[{''.join([*numerals.digits, *numerals.places])}]{{1,9}}" if numerals else ""
    before = "" if unspaced else r"(?<!\w)"
    number = rf"(?P<number>{before}(?:\d{{1,9}}{'|' + _any(_known(code)) if _known(code) else ''}{characters}))"
    added = rf"(?:{number}{_GAP_UNSPACED if unspaced else _GAP}|{before})(?:{_any(markers)})"
    whole = rf"(?P<whole>{before}(?:{_any(_whole(code))}))" if language.half_words else r"(?P<whole>(?!))"
    scaled = rf"(?:\w{{0,4}}\W{{0,2}}(?P<scale>{_any(_factors(code))}))?"
    return re.compile(rf"(?:{whole}|{added if markers else '(?P<number>(?!))'}){scaled}")


def _any(known: Iterator[str] | Mapping[str, object] | list[str]) -> str:
    return "|".join(map(re.escape, sorted(known, key=lambda word: (-len(word), word)))) or "(?!)"

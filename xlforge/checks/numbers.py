"""Numbers of an English text and of its translation, compared by what they can mean.

A number is written in many ways: 1,234.5 is 1.234,5 or 1 234,5; $125m is 125 Mio. or 1.25亿; 8pm is 20:00; the 1990s are
a 10th decade; 45 miles may become 72 km. So a number in digits has readings, each a set of values that must all be found on
the other side, and it is accounted for when one of them is. What English spells out ("seventy", "noon", "May", "World War
II") may be in digits in a translation. What a translation spells out is not visible, except in numerals such as Chinese ones, so
numbers that are often spelled out may be absent.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache, cached_property

from xlforge.checks.numerals import spelled, values
from xlforge.languages import en
from xlforge.languages.registry import traits

_PLAIN = str.maketrans("\u00a0\u2009\u202f\u2007’٫٬．，", "    '.,.,")
_DIGIT = re.compile(r"\d")
_NUMBER = re.compile(r"(?<![\d.,])\d{1,3}(?: \d{3}){1,5}(?!\d)(?:[.,]\d{1,9})?|\d{1,30}(?:[.,']\d{1,30}){0,9}")
_GROUPED = re.compile(r"\d{1,3}([.,' ])\d{3}(?:\1\d{3})*|\d{1,2}(?:,\d{2})+,\d{3}")
_DECIMAL = re.compile(r"(\d+|\d{1,3}(?:([.,' ])\d{3})+)([.,])(\d+)")
_CLOCK = re.compile(r"(?:[01]?\d|2[0-4])[.,][0-5]\d")
_DATE = re.compile(r"(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])")
_HALF_DAY = re.compile(r"(?:[:.]\d\d)?(?:\s?[-–]\s?\d\d?(?:[:.]\d\d)?)?\s?([ap])\.?m\b", re.IGNORECASE)
_YEARS = re.compile(r"(?<!\d)(\d\d)\d\d\s?[-–/]\s?\d\d$")
_CENTURY = re.compile(r"(?:st|nd|rd|th)?[\s-](?:century|centuries)", re.IGNORECASE)
_DECADE = re.compile(r"'?s\b")
_TWIN = re.compile(r"\d[ -]?[^\d.;:()]{1,20}\((?:about |around |or |some )?[€£$¥]?$")
_UNIT = re.compile(rf"[ -]?(?:square |cubic )?(?:{'|'.join(f'({unit})' for unit in en.METRIC)})(?!\w)", re.IGNORECASE)
_ROUNDED = Fraction(1, 10)
"""By how much of itself a converted number may be rounded."""

Reading = frozenset[Fraction]


@dataclass(frozen=True)
class Number:
    """A number in digits.

    Args:
        text: as written.
        readings: what it can mean.
        converted: the range in metric units, of a number in English units.
        twin: whether it repeats the number before it in another unit, in brackets.
        decade: whether it names a decade.
    """

    text: str
    readings: tuple[Reading, ...]
    converted: tuple[Fraction, Fraction] | None = None
    twin: bool = False
    decade: bool = False

    @cached_property
    def values(self) -> frozenset[Fraction]:
        return frozenset[Fraction]().union(*self.readings)

    def found_in(self, values: frozenset[Fraction]) -> bool:
        return any(reading <= values for reading in self.readings)

    def is_about(self, values: Iterable[Fraction]) -> bool:
        return self.converted is not None and any(self.converted[0] <= value <= self.converted[1] for value in values)

    @cached_property
    def often_spelled(self) -> bool:
        """Up to twenty, one digit followed by zeros, or a decade: what a style guide may want in words."""
        value = max(self.readings[0])
        if len(self.readings[0]) > 1 or value.denominator > 1:
            return False
        return self.decade or value <= 20 or len(str(value).rstrip("0")) == 1


def numbers(text: str, code: str) -> list[Number]:
    """The numbers in digits of a text in a language, in order."""
    if not _DIGIT.search(text):
        return []
    text = _plain(text)
    found: list[Number] = []
    for match in _NUMBER.finditer(text):
        written, end = match.group(), match.end()
        readings = _readings(written, traits(code).decimal_point)
        if scale := _scale(code).match(text, end):
            factor = _factors(code)[scale.group(1).lower()]
            readings += [frozenset(value * factor for value in reading) for reading in readings if len(reading) == 1]
        unit = None
        if code == "en":
            readings += _english(written, text, end)
            unit = _UNIT.match(text, end)
        elif _DATE.fullmatch(written):
            readings.append(frozenset(map(Fraction, written.split("."))))
        twin = bool(found and _TWIN.search(text[max(0, match.start() - 40) : match.start()]))
        converted = _metric(readings[0], unit) if unit else None
        decade = code == "en" and written.endswith("0") and bool(_DECADE.match(text, end))
        found.append(Number(written, tuple(readings), converted, twin, decade))
    return found


def differences(source: str, target: str, code: str) -> tuple[list[str], list[str]]:
    """The numbers in digits that an English source has and its translation has not, and the reverse.

    Numbers that are often spelled out are missing only where the translation has others instead.
    """
    ours, theirs = numbers(source, "en"), numbers(target, code)
    if not ours and not theirs:
        return [], []
    words = list(spelled(source))
    known = frozenset(words).union(*(number.values for number in ours))
    written = frozenset(values(target, traits(code).numerals)).union(*(number.values for number in theirs))
    lacking = [
        number
        for number, after in itertools.zip_longest(ours, ours[1:])
        if not number.found_in(written) and not number.twin and not (after and after.twin and after.found_in(written))
    ]
    room = Counter(words) + Counter(value for number in ours for value in number.values)
    odd = []
    for number in theirs:
        accounted = number.found_in(known)
        if accounted and lacking:  # then a number that occurs more often than in the source replaces a lacking one
            accounted = max(room[value] for value in number.values) > 0
            room.subtract(number.values)
        if not accounted and number.text != "00" and not any(our.is_about(number.values) for our in lacking):
            odd.append(number.text)
    missing = [
        number.text for number in lacking if not (number.is_about(written) or (number.often_spelled and not odd))
    ]
    return missing, odd


def _plain(text: str) -> str:
    """The text with the digits of every script as 0–9 and one kind of space."""
    text = unicodedata.normalize("NFC", text).translate(_PLAIN)
    if text.isascii():
        return text
    return "".join(char if char.isascii() or not char.isdecimal() else str(unicodedata.decimal(char)) for char in text)


def _readings(text: str, decimal_point: bool) -> list[Reading]:
    """The values of a number by itself: 1.234 is 1234 in German, 1.234 in English; 1,234 may be either in German."""
    parts = re.split(r"[.,' ]", text)
    found: list[Reading] = []
    grouped, decimal = _GROUPED.fullmatch(text), _DECIMAL.fullmatch(text)
    if len(parts) == 1 or (grouped and not (decimal_point and grouped.group(1) == "." and len(parts) == 2)):
        found.append(frozenset({Fraction("".join(parts))}))
    if decimal and (not grouped or (decimal.group(3) == ".") is decimal_point):
        whole = re.sub(r"\D", "", decimal.group(1))
        found.append(frozenset({Fraction(f"{whole}.{decimal.group(4)}")}))
    if _CLOCK.fullmatch(text) or not found:
        found.append(frozenset(map(Fraction, parts)))
    return found


def _metric(reading: Reading, unit: re.Match[str]) -> tuple[Fraction, Fraction]:
    factor, offset = list(en.METRIC.values())[(unit.lastindex or 1) - 1]
    value = max(reading) * Fraction(factor) + Fraction(offset)
    slack = abs(value) * _ROUNDED
    return value - slack, value + slack


def _english(number: str, text: str, end: int) -> list[Reading]:
    """What a number can become in a translation by what is around it: 8pm, the 19th century, the 1990s, 1950-53."""
    found: list[set[int]] = []
    if half := _HALF_DAY.match(text, end):
        first, *others = (int(part) for part in re.split(r"[.,' ]", number))
        hour = first % 12 + (12 if half.group(1) in "pP" else 0)
        found += [{hour, *others}, {hour or 24}]
    if number.isdigit() and len(number) <= 4:
        value = int(number)
        if _CENTURY.match(text, end):
            found.append({100 * (value - 1)})
        if len(number) == 4:
            found.append({value % 100})
        if len(number) == 2 and (years := _YEARS.search(text, max(0, end - 12), end)):
            found.append({100 * int(years.group(1)) + value})
        if len(number) in (2, 4) and value % 10 == 0 and _DECADE.match(text, end):
            century = value // 100 or 19
            found += [{value % 100 // 10 + 1}, {100 * century + value % 100}, {century + 1, value % 100}]
    return [frozenset(map(Fraction, values)) for values in found]


@cache
def _factors(code: str) -> dict[str, int]:
    """Word to factor: English's own, and those of the language over them."""
    return {
        unicodedata.normalize("NFC", word): factor
        for scales in (en.LANGUAGE.scales, traits(code).scales)
        for factor, words in scales.items()
        for word in words
    }


@cache
def _scale(code: str) -> re.Pattern[str]:
    """A scaling word after a number: an abbreviation is a whole word, a longer word may be a beginning."""
    words = [
        re.escape(word) + (r"(?!\w)" if len(word) < 4 and word.isascii() else "")
        for word in sorted(_factors(code), key=len, reverse=True)
    ]
    numerals = traits(code).numerals
    more = f"[{numerals.more}]?" if numerals and numerals.more else ""
    return re.compile(rf"[ -]?{more}({'|'.join(words)})", re.IGNORECASE)

"""Numbers that are written in words or characters: English number words, and numerals such as Chinese ones."""

import re
from collections.abc import Iterator
from fractions import Fraction

from xlforge.languages import en
from xlforge.languages.registry import Numerals

_POWERS = {f"{word}{end}": value for word, value in en.POWERS.items() for end in ("", "s", "th", "ths")}
_WORDS = (
    {word: value for value, word in enumerate(en.UNITS)}
    | {f"{word}th": value for value, word in enumerate(en.UNITS)}
    | {word: 10 * value for value, word in enumerate(en.TENS, 2)}
    | {f"{word[:-1]}{end}": 10 * value for value, word in enumerate(en.TENS, 2) for end in ("ieth", "ies")}
    | en.ORDINALS
)
_MONTHS = {name: number for number, month in enumerate(en.MONTHS, 1) for name in (month, month[:3])} | {"Sept": 9}
_WORD = re.compile(r"[A-Za-z]+|-")
_ONE = re.compile(rf"\b(?:a|an|per) (?:{en.ONE})", re.IGNORECASE)
_ROMAN = re.compile(
    r"\b(?=[MDCLXVI]{4,}\b|[CLXVI]{2,}\b|[VX]\b)M{0,3}(?:CM|CD|D?C{0,3})(?:XC|XL|L?X{0,3})(?:IX|IV|V?I{0,3})(?<=[MDCLXVI])\b"
)
"""With M or D from four letters on: CD, MD and MIX are hardly ever numbers."""
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100, "D": 500, "M": 1000}
_LONGEST = 20
"""Characters of one numeral."""


def spelled(text: str) -> Iterator[Fraction]:
    """Every value that the words of an English text can become in digits: whole number phrases and their parts."""
    yield from _phrases(text)
    if _ONE.search(text):
        yield Fraction(1)
    for match in _ROMAN.finditer(text):
        digits = [_ROMAN_VALUES[letter] for letter in match.group()]
        yield Fraction(sum(-one if one < after else one for one, after in zip(digits, [*digits[1:], 0], strict=True)))


def _phrases(text: str) -> Iterator[Fraction]:
    """Values of number phrases: "two hundred and thirty thousand" gives 2, 200, 230, 230000; "half a million" gives 500000."""
    total = current = part = Fraction(0)
    counting = False
    for word in _WORD.findall(text):
        low = word.lower()
        if counting and low in ("and", "a", "-"):
            continue
        if low not in _WORDS and low not in _POWERS:
            if low in en.FRACTIONS:
                part = en.FRACTIONS[low]
                yield total + current + part
            elif low not in ("a", "an", "of"):
                part = Fraction(0)
            yield from map(Fraction, en.IMPLIED.get(low, ()))
            if word in _MONTHS:
                yield Fraction(_MONTHS[word])
            total = current = Fraction(0)
            counting = False
            continue
        if not counting or current > 10**15:
            total = current = Fraction(0)
        counting = True
        if part and low in _POWERS:  # half a million
            yield part * _POWERS[low]
        part = Fraction(0)
        value = Fraction(_WORDS.get(low) or _POWERS.get(low, 0))
        current = current + value if low in _WORDS else max(current, Fraction(1)) * value
        yield from {value, current, total + current}
        if _POWERS.get(low, 0) > 100:
            total, current = total + current, Fraction(0)


def values(text: str, numerals: Numerals | None) -> Iterator[Fraction]:
    """The values of a text's numerals; a single character such as 一 may be no number at all."""
    if numerals is None:
        return
    characters = "".join([*numerals.digits, *numerals.places, *numerals.groups])
    for numeral in re.findall(f"[{characters}]{{1,{_LONGEST}}}", text):
        if all(char in numerals.digits for char in numeral):
            yield Fraction(int("".join(str(numerals.digits[char]) for char in numeral)))
        else:
            yield Fraction(_value(numeral, numerals))


def _value(numeral: str, numerals: Numerals) -> int:
    total = section = digit = 0
    for char in numeral:
        if char in numerals.digits:
            digit = numerals.digits[char]
        elif char in numerals.places:
            section, digit = section + (digit or 1) * numerals.places[char], 0
        else:
            total, section, digit = (total + section + digit or 1) * numerals.groups[char], 0, 0
    return total + section + digit

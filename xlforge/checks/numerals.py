"""How numbers are said: English number words, Chinese numerals, words that scale a number in digits, units."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fractions import Fraction

_UNITS = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_IRREGULAR = {"first": 1, "second": 2, "third": 3, "fifth": 5, "eighth": 8, "ninth": 9, "twelfth": 12}
_SCALE_WORDS = {"hundred": 100, "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_HIGH = {f"{word}{end}": value for word, value in _SCALE_WORDS.items() for end in ("", "s", "th", "ths")}
_WORDS = (
    {word: value for value, word in enumerate(_UNITS)}
    | {f"{word}th": value for value, word in enumerate(_UNITS)}
    | {word: 10 * value for value, word in enumerate(_TENS, 2)}
    | {f"{word[:-1]}{end}": 10 * value for value, word in enumerate(_TENS, 2) for end in ("ieth", "ies")}
    | _IRREGULAR
)
_PARTS = {"half": Fraction(1, 2), "quarter": Fraction(1, 4)}
_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_SAID: dict[str, tuple[float, ...]] = {
    "once": (1,), "single": (1,), "twice": (2,), "double": (2,), "doubled": (2,), "doubling": (2,), "doubles": (2,),
    "pair": (2,), "couple": (2,), "both": (2,), "triple": (3,), "tripled": (3,), "trio": (3,), "thrice": (3,),
    "quadruple": (4,), "half": (0.5, 2, 50), "halves": (2,), "halved": (2, 50), "quarter": (0.25, 4, 25),
    "quarters": (4, 25, 75), "quarterly": (3,), "dozen": (12,), "dozens": (12,), "noon": (12,), "midday": (12,),
    "midnight": (0, 12, 24), "decade": (10,), "decades": (10,), "century": (100,), "centuries": (100,),
    "fortnight": (2, 14, 15),
}  # fmt: skip
_MONTH_NUMBERS = {name: number for number, month in enumerate(_MONTHS, 1) for name in (month, month[:3])} | {"Sept": 9}

SCALES: dict[str, dict[str, int]] = {
    "en": {"k": 10**3, "m": 10**6, "mn": 10**6, "mil": 10**6, "mln": 10**6, "bn": 10**9, "b": 10**9, "tn": 10**12, "hundred": 100,
           "thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12, "lakh": 10**5, "crore": 10**7,
           "dozen": 12},
    "de": {"tausend": 10**3, "tsd": 10**3, "mio": 10**6, "million": 10**6, "mrd": 10**9, "milliarde": 10**9,
           "billion": 10**12},
    "pt": {"mil": 10**3, "milhõ": 10**6, "milhão": 10**6, "mil milhõ": 10**9, "bilhõ": 10**9, "bilhão": 10**9,
           "bilião": 10**12, "biliõ": 10**12},
    "zh": {"百": 100, "千": 10**3, "万": 10**4, "十万": 10**5, "百万": 10**6, "千万": 10**7, "亿": 10**8, "十亿": 10**9,
           "百亿": 10**10, "千亿": 10**11, "万亿": 10**12, "兆": 10**12},
    "hi": {"सौ": 100, "हज़ार": 10**3, "हजार": 10**3, "लाख": 10**5, "करोड़": 10**7, "अरब": 10**9, "खरब": 10**11,
           "मिलियन": 10**6, "बिलियन": 10**9, "ट्रिलियन": 10**12},
    "hu": {"ezer": 10**3, "ezr": 10**3, "millió": 10**6, "milliárd": 10**9, "billió": 10**12},
    "lt": {"tūkst": 10**3, "mln": 10**6, "milijon": 10**6, "mlrd": 10**9, "milijard": 10**9, "trln": 10**12,
           "trilijon": 10**12},
    "ga": {"míle": 10**3, "mhíle": 10**3, "milliún": 10**6, "mhilliún": 10**6, "billiún": 10**9, "bhilliún": 10**9},
    "mt": {"elf": 10**3, "miljun": 10**6, "biljun": 10**9, "triljun": 10**12},
    "fr": {"mille": 10**3, "million": 10**6, "m": 10**6, "milliard": 10**9, "md": 10**9, "billion": 10**12},
    "fi": {"tuha": 10**3, "milj": 10**6, "mrd": 10**9, "miljard": 10**9, "biljoona": 10**12},
    "tr": {"bin": 10**3, "mn": 10**6, "milyon": 10**6, "milyar": 10**9, "mlr": 10**9, "trilyon": 10**12},
}  # fmt: skip
"""By language: the words, or the beginnings of words, that multiply a number in digits before them."""

METRIC: dict[str, tuple[float, float]] = {
    "foot|feet|ft": (0.3048, 0), "inch|inches": (2.54, 0), "yards?": (0.9144, 0), "miles?|mph": (1.609, 0),
    "pounds?|lbs?": (0.4536, 0), "ounces?|oz": (28.35, 0), "stones?": (6.35, 0), "gallons?": (3.785, 0),
    "acres?": (0.4047, 0), "degrees?|°F?|F": (5 / 9, -160 / 9),
}  # fmt: skip
"""English units, as patterns, with the factor and the offset to the metric unit that a translation may turn them into."""

_WORD = re.compile(r"[A-Za-z]+|-")
_A_UNIT = re.compile(
    r"\b(?:a|an|per) (?:second|minute|hour|day|night|week|month|year|mile|kilomet|met|pound|dollar|euro|hundred|thousand"
    r"|million|billion|third|quarter)",
    re.IGNORECASE,
)
_ROMAN = re.compile(r"\b(?=[CLXVI]{2,}\b|[VX]\b)(XC|XL|L?X{0,3})(IX|IV|V?I{0,3})\b")
_ROMAN_VALUES = {"I": 1, "V": 5, "X": 10, "L": 50, "C": 100}
_CHINESE = re.compile(r"[零〇一二两三四五六七八九十百千万亿]{1,20}")
_DIGITS = {char: value for value, char in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_PLACES = {"十": 10, "百": 100, "千": 1000}


def spelled(text: str) -> Iterator[Fraction]:
    """Every value that the words of an English text may come to in digits: whole number phrases and their parts."""
    total = current = part = Fraction(0)
    counting = False
    for word in _WORD.findall(text):
        low = word.lower()
        if counting and low in ("and", "-"):
            continue
        if low not in _WORDS and low not in _HIGH:
            if low in _PARTS:
                part = _PARTS[low]
                yield total + current + part
            elif low not in ("a", "an", "of"):
                part = Fraction(0)
            yield from map(Fraction, _SAID.get(low, ()))
            if word in _MONTH_NUMBERS:
                yield Fraction(_MONTH_NUMBERS[word])
            total = current = Fraction(0)
            counting = False
            continue
        if not counting or current > 10**15:
            total = current = Fraction(0)
        counting = True
        if part and low in _HIGH:  # half a million
            yield part * _HIGH[low]
        part = Fraction(0)
        value = Fraction(_WORDS.get(low) or _HIGH.get(low, 0))
        current = current + value if low in _WORDS else max(current, Fraction(1)) * value
        yield from {value, current, total + current}
        if _HIGH.get(low, 0) > 100:
            total, current = total + current, Fraction(0)
    if _A_UNIT.search(text):
        yield Fraction(1)
    for match in _ROMAN.finditer(text):
        digits = [_ROMAN_VALUES[letter] for letter in match.group()]
        yield Fraction(sum(-one if one < after else one for one, after in zip(digits, [*digits[1:], 0], strict=True)))


def chinese(text: str) -> Iterator[Fraction]:
    """The values of the numerals in a Chinese text: 三百二十 is 320, 二〇一八 is 2018; 一 may be no number at all."""
    for numeral in _CHINESE.findall(text):
        if all(char in _DIGITS for char in numeral):
            yield Fraction(int("".join(str(_DIGITS[char]) for char in numeral)))
            continue
        total = section = digit = 0
        for char in numeral:
            if char in _DIGITS:
                digit = _DIGITS[char]
            elif char in _PLACES:
                section, digit = section + (digit or 1) * _PLACES[char], 0
            else:
                total, section, digit = (total + section + digit or 1) * (10**4 if char == "万" else 10**8), 0, 0
        yield Fraction(total + section + digit)

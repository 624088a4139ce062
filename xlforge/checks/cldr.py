"""What Unicode's CLDR knows of a language: scale words and names of units and currencies (by babel), spelled-out numbers (by ICU).

A language that CLDR does not know has none of it: what cannot be read is accepted.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Literal

from babel import Locale, UnknownLocaleError
from babel.numbers import get_currency_name
from babel.units import format_unit
from icu4py.messageformat import MessageFormat

from xlforge.checks.names import folded

_COUNTS = ("0", "1", "2", "3", "5", "6", "11", "20", "100", "1.5")
"""Numbers that show every plural form."""
_LENGTHS: tuple[Literal["long", "short"], ...] = ("long", "short")
_INVISIBLE = re.compile("[\u00ad\u200b\u200e\u200f\u061c\u2066-\u2069]")
_SPELLED_TO = 100


@cache
def locale(code: str) -> Locale | None:
    """CLDR's own data of a language; None where it has none."""
    try:
        return Locale.parse(code.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return None


@cache
def decimal_point(code: str) -> bool:
    """Whether 1.5 is one and a half."""
    known = locale(code)
    return known is not None and known.number_symbols.get("latn", {}).get("decimal") == "."


@cache
def scales(code: str) -> Mapping[int, frozenset[str]]:
    """Factor to the words that multiply a number in digits before them by it; a symbol of one Latin letter is no such word."""
    known = locale(code)
    forms = known.compact_decimal_formats if known else {}
    found: dict[int, set[str]] = {}
    lengths = [forms.get(length, {}) for length in _LENGTHS]
    for power, pattern in (item for length in lengths for form in length.values() for item in form.items()):
        word = _INVISIBLE.sub("", pattern.pattern).replace("0", "").replace("'", "").strip(" .\u00a0\u202f")
        factor = int(power) // 10 ** (pattern.pattern.count("0") - 1) if "0" in pattern.pattern else 0
        if factor > 1 and len(word) > word.isascii():
            found.setdefault(factor, set()).add(word)
    return {factor: frozenset(words) for factor, words in found.items()}


@cache
def unit(code: str, name: str) -> frozenset[str]:
    """What stands beside the number in a quantity of CLDR's unit (`length-kilometer`): names in every plural form, and symbols."""
    known = locale(code)
    if known is None:
        return frozenset()
    written = {format_unit(count, name, length, locale=known) for count in map(float, _COUNTS) for length in _LENGTHS}
    return _beside(text for text in written if name not in text)


@cache
def percent(code: str) -> frozenset[str]:
    """The words for percent."""
    return frozenset(word for word in unit(code, "concentr-percent") - {"percent"} if any(map(str.isalpha, word)))


@cache
def currency(code: str, name: str) -> frozenset[str]:
    """The names of a currency (`USD`), in every plural form."""
    known = locale(code)
    names = (get_currency_name(name, count=float(count), locale=known) for count in _COUNTS)
    return _beside(names) if known else frozenset()


@cache
def number_words(code: str) -> Mapping[str, int]:
    """Spelled-out number, folded, to its value, from 0 to 100."""
    return {plain(_spelled(code, value)): value for value in range(_SPELLED_TO, -1, -1)} if locale(code) else {}


@cache
def minus(code: str) -> str:
    """The word before a spelled-out negative number, folded; empty where it is not known."""
    if locale(code) is None:
        return ""
    return plain(_spelled(code, -1)).removesuffix(plain(_spelled(code, 1))).strip()


def _spelled(code: str, value: int) -> str:
    return str(MessageFormat("{n, spellout}", code).format({"n": value}))


def plain(text: str) -> str:
    """Folded text without invisible characters, with ² and ³ in letters."""
    return folded(_INVISIBLE.sub("", text).replace("²", " sq").replace("³", " cu"))


def _beside(texts: Iterator[str]) -> frozenset[str]:
    """The texts without their number, folded."""
    return frozenset(word for text in texts if (word := re.sub(r"[\d.,٫\s]+", " ", plain(text)).strip()))

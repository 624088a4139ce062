"""Units of measure, of time and of money: their words in English and in a language, and what one is in another.

Words of other languages are CLDR's and those of the language's own file.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

from xlforge.checks import cldr
from xlforge.checks.cldr import plain
from xlforge.checks.sentences import UNSPACED
from xlforge.languages.registry import traits


@dataclass(frozen=True)
class Unit:
    """One unit.

    Args:
        of: its dimension; for money, that of this currency alone, since rates change.
        factor, offset: value in the dimension's base unit = (value + offset) * factor.
        english: its English words after a number, as a pattern.
        cldr: CLDR's name of it, or the code of a currency.
        metric: the metric unit that a translation may convert it to.
    """

    of: str
    factor: float
    english: str
    cldr: tuple[str, ...]
    metric: str = ""
    offset: float = 0


_M = r"m(?=[.,;:)]|$|/s| (?:high|tall|long|deep|wide|away|above|below|from|per|of)\b)"
"""Metres; 5m may be five million."""
UNITS: Mapping[str, Unit] = {
    "millimetre": Unit("length", 0.001, "mm|millimet(?:re|er)s?", ("length-millimeter",)),
    "centimetre": Unit("length", 0.01, "cm|centimet(?:re|er)s?", ("length-centimeter",)),
    "metre": Unit("length", 1, f"{_M}|met(?:re|er)s?", ("length-meter",)),
    "kilometre": Unit("length", 1000, "km(?:/?h)?|kph|kilomet(?:re|er)s?", ("length-kilometer", "speed-kilometer-per-hour")),
    "inch": Unit("length", 0.0254, "inch(?:es)?", ("length-inch",), "centimetre"),
    "foot": Unit("length", 0.3048, "foot|feet|ft", ("length-foot",), "metre"),
    "yard": Unit("length", 0.9144, "yards?|yds?", ("length-yard",), "metre"),
    "mile": Unit("length", 1609.344, "miles?|mi|mph", ("length-mile", "speed-mile-per-hour"), "kilometre"),
    "square metre": Unit("area", 1, "square met(?:re|er)s?|m²", ("area-square-meter",)),
    "square kilometre": Unit("area", 1e6, "square kilomet(?:re|er)s?|km²", ("area-square-kilometer",)),
    "square foot": Unit("area", 0.0929, "square (?:feet|foot)|sq\\.? ?ft", ("area-square-foot",), "square metre"),
    "square mile": Unit("area", 2.59e6, "square miles?|sq\\.? ?mi", ("area-square-mile",), "square kilometre"),
    "hectare": Unit("area", 1e4, "hectares?|ha", ("area-hectare",)),
    "acre": Unit("area", 4046.86, "acres?", ("area-acre",), "hectare"),
    "gram": Unit("mass", 0.001, "g|grams?|grammes?", ("mass-gram",)),
    "kilogram": Unit("mass", 1, "kg|kilos?|kilogram(?:me)?s?", ("mass-kilogram",)),
    "tonne": Unit("mass", 1000, "tons?|tonnes?", ("mass-tonne", "mass-ton")),
    "ounce": Unit("mass", 0.02835, "ounces?|oz", ("mass-ounce",), "gram"),
    "pound": Unit("mass", 0.4536, "pounds?|lbs?", ("mass-pound",), "kilogram"),
    "stone": Unit("mass", 6.35, "stones?", ("mass-stone",), "kilogram"),
    "millilitre": Unit("volume", 0.001, "ml|millilit(?:re|er)s?", ("volume-milliliter",)),
    "litre": Unit("volume", 1, "lit(?:re|er)s?", ("volume-liter",)),
    "gallon": Unit("volume", 3.785, "gallons?", ("volume-gallon",), "litre"),
    "celsius": Unit("temperature", 1, "°C|degrees? (?:Celsius|centigrade|C)|degrees?|°", ("temperature-celsius", "temperature-generic")),
    "fahrenheit": Unit(
        "temperature", 5 / 9, "°?F|degrees? (?:Fahrenheit|F)|degrees?|°", ("temperature-fahrenheit", "temperature-generic"), "celsius", -32
    ),
    "second": Unit("time", 1, "seconds?|secs?", ("duration-second",)),
    "minute": Unit("time", 60, "minutes?|mins?", ("duration-minute",)),
    "hour": Unit("time", 3600, "hours?|hrs?|h", ("duration-hour",)),
    "day": Unit("time", 86400, "days?", ("duration-day",)),
    "week": Unit("time", 604800, "weeks?", ("duration-week",)),
    "month": Unit("time", 2629800, "months?", ("duration-month",)),
    "year": Unit("time", 31557600, "years?", ("duration-year",)),
    "dollar": Unit("USD", 1, "dollars?|USD|US\\$|\\$", ("USD",)),
    "euro": Unit("EUR", 1, "euros?|EUR|€", ("EUR",)),
    "pound sterling": Unit("GBP", 1, "pounds?(?: sterling)?|GBP|£", ("GBP",)),
    "yen": Unit("JPY", 1, "yen|JPY|¥", ("JPY",)),
    "yuan": Unit("CNY", 1, "yuan|renminbi|RMB|CNY|¥", ("CNY",)),
    "rupee": Unit("INR", 1, "rupees?|INR|₹|Rs", ("INR",)),
}  # fmt: skip
_BEFORE = {"$": "dollar", "€": "euro", "£": "pound sterling", "¥": "yen|yuan", "￥": "yen|yuan", "₹": "rupee"}
_BEFORE |= {"USD": "dollar", "EUR": "euro"}
_PREFIX = re.compile(rf"({'|'.join(map(re.escape, _BEFORE))}) ?[-−–]?$")
_ENGLISH = {name: re.compile(rf"(?:{unit.english})(?!\w)", re.IGNORECASE) for name, unit in UNITS.items()}
_ROUNDED = 0.1
"""By how much of itself a converted number may be rounded."""


def units(text: str, start: int, end: int, code: str) -> frozenset[str]:
    """The units that the number at a place of a text can have; none where no word or symbol is known."""
    if prefix := _PREFIX.search(text, max(0, start - 6), start):
        return frozenset(_BEFORE[prefix.group(1)].split("|"))
    rest = re.sub(r"^(?: |-|‑)?", "", text[end : end + 40])
    if code == "en":
        found = {name: len(match.group()) for name, pattern in _ENGLISH.items() if (match := pattern.match(rest))}
    else:
        rest = plain(rest)
        words = _words(code).get(rest[:1], ())
        found = {name: len(word) for word, pattern, names in words if pattern.match(rest) for name in names}
    longest = max(found.values(), default=0)
    return frozenset(name for name, length in found.items() if length == longest)


def convert(value: Fraction, units: Iterable[str], others: Iterable[str] = ()) -> list[tuple[Fraction, Fraction]]:
    """The ranges of what a value in one of some units is in others of the same dimension; in their metric units where there are none."""
    found = []
    for ours in units:
        first = UNITS[ours]
        for theirs in others or filter(None, [first.metric]):
            second = UNITS[theirs]
            if theirs != ours and second.of == first.of:
                base = (value + Fraction(first.offset)) * Fraction(first.factor)
                changed = base / Fraction(second.factor) - Fraction(second.offset)
                slack = max(abs(changed) * Fraction(_ROUNDED), Fraction(first.of == "temperature"))
                found.append((changed - slack, changed + slack))
    return found


@cache
def _words(code: str) -> Mapping[str, list[tuple[str, re.Pattern[str], frozenset[str]]]]:
    """First letter to the words and symbols of a language, folded, shorter ones first: each as a pattern, and the units that it can be."""
    found: dict[str, set[str]] = {}
    for name, unit in UNITS.items():
        known = (cldr.currency(code, each) if each.isupper() else cldr.unit(code, each) for each in unit.cldr)
        words = set(map(plain, traits(code).units.get(name, ()))).union(*known)
        if unit.of.isupper():
            words |= {part for word in words for part in re.split(r"[ -]", word) if len(part) >= 4}
            words |= {word for word in ("$", "€", "£", "¥", "₹", "usd", "eur", "gbp") if _ENGLISH[name].fullmatch(word)}
        for word in words:
            if len(word) > 1 or word in ("m", "g", "l") or not word.isascii() or not word.isalnum():
                found.setdefault(word, set()).add(name)
    by_letter: dict[str, list[tuple[str, re.Pattern[str], frozenset[str]]]] = {}
    for word in sorted(found, key=len):
        by_letter.setdefault(word[0], []).append((word, _pattern(word), frozenset(found[word])))
    return by_letter


def _pattern(word: str) -> re.Pattern[str]:
    """A word in any inflection if it is a long one, as a whole if it is short."""
    spaced = not UNSPACED.search(word)
    cut = (len(word) >= 5) + (len(word) >= 7) if spaced and " " not in word else 0
    whole = spaced and len(word) <= 3 and word[-1].isalpha()
    return re.compile(re.escape(word[: len(word) - cut]) + (r"(?![^\W\d_])" if whole else ""))

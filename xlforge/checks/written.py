"""How a number is written in digits, in any script: separators, fractions, powers of ten, and the values that it can have."""

import re
import unicodedata
from fractions import Fraction

_PLAIN = str.maketrans("\u00a0\u2009\u202f\u2007’٫٬．⁄", "    '.,./")
_WIDE_COMMA = re.compile(r"(?<=\d)，(?=\d{3}(?!\d))")
_RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
_LOWERED = str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789")
_POWER = re.compile(r"(?<=\d)([⁻⁺]?[⁰¹²³⁴-⁹]{1,6})")
_POWER_MARKUP = re.compile(r"(?<=\d)\s?(?:<sup>|\^\{|\*\*|\^)\s?([-−+]?\d{1,6})(?:</sup>|\})?")
_VULGAR = re.compile(r"(\d?)([¼-¾⅐-⅞↉])")
_DIGIT = re.compile(r"[\d¼-¾⅐-⅞↉]")
_PLACES = r"\d{1,30}(?:[.,']\d{1,30}){0,9}"
_EXPONENT = r"(?:\^[-+]?\d{1,6}|[eE][-+]?\d{1,3}(?![\w.]))"
NUMBER = re.compile(
    rf"{_PLACES}\s?[×·⋅*x]\s?10\^[-+]?\d{{1,6}}|\d{{1,30}}[.,]?\d{{0,30}}{_EXPONENT}"
    r"|(?:\d{1,4} )?(?<![\d/.,])[1-9]/(?:[2-9]|10|16)(?![\d/])"
    rf"|(?<![\d.,])\d{{1,3}}(?: \d{{3}}){{1,5}}(?!\d)(?:[.,]\d{{1,9}})?|(?<![\d.,])\d{{1,3}}, \d{{3}}(?![\d.,])|{_PLACES}"
)
_GROUPED = re.compile(r"\d{1,3}([.,' ])\d{3}(?:\1\d{3})*|\d{1,2}(?:,\d{2})+,\d{3}")
_DECIMAL = re.compile(r"(\d+|\d{1,3}(?:([.,' ])\d{3})+)([.,])(\d+)")
_CLOCK = re.compile(r"(?:[01]?\d|2[0-4])[.,][0-5]\d")
_DATE = re.compile(r"(?:0?[1-9]|[12]\d|3[01])\.(?:0?[1-9]|1[0-2])")
_MAX_POWER = 400

Reading = frozenset[Fraction]


def has_digits(text: str) -> bool:
    return bool(_DIGIT.search(text))


def plain(text: str) -> str:
    """The text with the digits of every script as 0–9, one kind of space, powers as ^23 and fractions as 1/2."""
    text = _WIDE_COMMA.sub(",", unicodedata.normalize("NFC", text).translate(_PLAIN))
    if not text.isascii():
        text = _POWER.sub(lambda match: "^" + match.group().translate(_RAISED), text)
        text = _VULGAR.sub(_fraction, text).translate(_LOWERED)
        text = "".join(str(unicodedata.decimal(char, char)) for char in text)
    return _POWER_MARKUP.sub(lambda match: "^" + match.group(1).replace("−", "-"), text)


def _fraction(match: re.Match[str]) -> str:
    value = Fraction(unicodedata.numeric(match.group(2))).limit_denominator(16)
    return f"{match.group(1)}{' ' if match.group(1) else ''}{value}"


def readings(text: str, decimal_point: bool) -> list[Reading]:
    """The values of a number by itself: 1.234 is 1234 in German, 1.234 in English; 1,234 may be either in German."""
    if "/" in text:
        return _of_fraction(text)
    mantissa, _, power = re.sub(r"[eE]", " 10^", text).partition("^")
    return _of_power(mantissa, int(power), decimal_point) if power else _of_places(text, decimal_point)


def date(text: str) -> Reading | None:
    """Day and month of a number such as 30.9; None for others."""
    return frozenset(map(Fraction, text.split("."))) if _DATE.fullmatch(text) else None


def _of_fraction(text: str) -> list[Reading]:
    whole, above, below = ([0] + [int(part) for part in re.findall(r"\d+", text)])[-3:]
    value, part = Fraction(whole) + Fraction(above, below), Fraction(above, below)
    apart = frozenset(map(Fraction, {above, below, whole} - {0}))
    return [frozenset({value}), apart, *([frozenset({Fraction(whole), part})] if whole else [])]


def _of_power(mantissa: str, power: int, decimal_point: bool) -> list[Reading]:
    """6.02 × 10^23 is one number, or may be written as several."""
    first, *second = re.split(r"\s?[×·⋅*x]\s?|\s(?=10$)", mantissa)
    apart = _of_places(first, decimal_point)
    base = Fraction(10) if second else max(apart[0])
    raised = base**power if abs(power) <= _MAX_POWER and base.denominator == 1 and 0 < base < 1000 else None
    digits = frozenset({base, Fraction(abs(power))})
    if raised is None:
        return [digits | apart[0]]
    if not second:
        return [frozenset({raised}), digits]
    times = [frozenset(value * raised for value in reading) for reading in apart]
    return [*times, *(reading | more for more in (frozenset({raised}), digits) for reading in apart)]


def _of_places(text: str, decimal_point: bool) -> list[Reading]:
    if ", " in text:  # a typing error in one number, or two of them
        return [frozenset({Fraction(text.replace(", ", ""))}), frozenset(map(Fraction, text.split(", ")))]
    parts = [part for part in re.split(r"[.,' ]", text) if part]
    found: list[Reading] = []
    grouped, decimal = _GROUPED.fullmatch(text), _DECIMAL.fullmatch(text)
    if len(parts) == 1 or (grouped and not (decimal_point and grouped.group(1) == "." and len(parts) == 2)):
        found.append(frozenset({Fraction("".join(parts))}))
    if decimal and (not grouped or (decimal.group(3) == ".") is decimal_point):
        whole = re.sub(r"\D", "", decimal.group(1))
        found.append(frozenset({Fraction(f"{whole}.{decimal.group(4)}")}))
    listed = decimal_point and "," in text and not grouped  # 1665,1691 in Chinese
    if _CLOCK.fullmatch(text) or listed or not found:
        found.append(frozenset(map(Fraction, parts)))
    return found

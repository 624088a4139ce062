"""Words that multiply the number before them: million, Mrd., lakh, 万. CLDR's, English ones, and those of a language's file."""

import re
import unicodedata
from collections.abc import Mapping
from functools import cache

from xlforge.checks import cldr
from xlforge.checks.sentences import UNSPACED
from xlforge.languages import en
from xlforge.languages.registry import traits

_NO_SPACES = "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"
"""Characters after which a word can begin without a space."""


@cache
def factors(code: str) -> Mapping[str, int]:
    """Word, in small letters, to factor: English's own, CLDR's over them, and the language's over these."""
    return {
        unicodedata.normalize("NFC", word).lower(): factor
        for scales in (en.LANGUAGE.scales, cldr.scales(code), traits(code).scales)
        for factor, words in scales.items()
        for word in words
    }


@cache
def scale(code: str) -> re.Pattern[str]:
    """A scaling word after a number."""
    numerals = traits(code).numerals
    more = f"[{numerals.more}]?" if numerals and numerals.more else ""
    return re.compile(rf"[ -]?{more}({_any(code)})", re.IGNORECASE)


def is_certain(word: str, code: str) -> bool:
    """Whether a word after a number can only scale it: 5m may be five metres, and a short word something else."""
    miles = map(str.lower, traits(code).units.get("mile", ()))
    return (len(word) > 3 or not word.isascii()) and word.lower() not in miles


def present(text: str, code: str) -> frozenset[int]:
    """The factors of all scaling words in a text."""
    return frozenset(factors(code)[match.group().lower()] for match in _anywhere(code).finditer(text))


@cache
def _anywhere(code: str) -> re.Pattern[str]:
    return re.compile(rf"(?:(?<![^\W\d_])|(?<=[{_NO_SPACES}]))(?:{_any(code)})", re.IGNORECASE)


def _any(code: str) -> str:
    """An abbreviation is a whole word, a longer word may be a beginning."""
    words = sorted(factors(code), key=lambda word: (-len(word), word))
    return "|".join(re.escape(word) + r"(?!\w)" * (len(word) < 4 and not UNSPACED.match(word)) for word in words)

"""The scripts of a text's letters, as Unicode has them (`Script` and `Script_Extensions`), and letters of a wrong script."""

from functools import cache

import regex
from babel import Locale
from opencc import OpenCC

from xlforge.languages.registry import Language

_SCRIPTS = {
    "Hans": ("Hani",),
    "Hant": ("Hani", "Bopo"),
    "Jpan": ("Hani", "Hira", "Kana"),
    "Kore": ("Hang", "Hani"),
    "Hrkt": ("Hira", "Kana"),
}
"""Scripts of ISO 15924 that are several of Unicode's."""
_ANYWHERE = ("Latn", "Zyyy", "Zinh")
"""Latin letters are in names and abbreviations of every language; common and inherited ones belong to no script."""
_converter = cache(OpenCC)
_OTHER_CHINESE = {"Hans": ("t2s", "gb2312"), "Hant": ("s2t", "big5")}
"""The conversion that changes characters of the other way of writing, and the encoding of those that this one has all the same."""


def strange(text: str, language: Language, source: str) -> list[str]:
    """The letters of a text that are of a script neither of the language nor in its source, or that the language does not use."""
    if language.script == "Zyyy":
        return []
    own = (*_ANYWHERE, *_SCRIPTS.get(language.script, (language.script,)))
    known = set(source)
    letters = [char for char in text if not char.isascii() and char.isalpha() and char not in known]
    if not letters:
        return []
    beyond = {script(char) for char in known if not char.isascii() and char.isalpha()}
    unused = language.unused_letters
    return [char for char in letters if char in unused or not (_is_of(char, own) or script(char) in beyond)]


def other_chinese(text: str, language: Language) -> list[str]:
    """The Traditional characters of a text in Simplified Chinese, or the reverse, where there are more of them than of its own.

    Characters that both ways of writing have count for neither.
    """
    if language.script not in _OTHER_CHINESE:
        return []
    own = next(script for script in _OTHER_CHINESE if script != language.script)
    others = [char for char in text if _is_other_chinese(char, language.script)]
    return others if len(others) > sum(_is_other_chinese(char, own) for char in text) else []


@cache
def script(char: str) -> str:
    """The script of a character, in the letters of ISO 15924; "Zzzz" for none that is known."""
    return next((name for name in _names() if _is_of(char, (name,))), "Zzzz")


@cache
def _names() -> tuple[str, ...]:
    """Every script that Unicode has characters of."""
    return tuple(name for name in map(str, Locale("en").scripts) if _exists(name))


def _exists(name: str) -> bool:
    try:
        regex.compile(rf"\p{{sc={name}}}")
    except regex.error:
        return False
    return True


@cache
def _is_of(char: str, scripts: tuple[str, ...]) -> bool:
    return any(_pattern(name).match(char) for name in scripts)


@cache
def _pattern(name: str) -> regex.Pattern[str]:
    return regex.compile(rf"[\p{{sc={name}}}\p{{scx={name}}}]")


@cache
def _is_other_chinese(char: str, script: str) -> bool:
    """Whether a character is Traditional only, for Simplified Chinese, or the reverse."""
    if script not in _OTHER_CHINESE:
        return False
    conversion, encoding = _OTHER_CHINESE[script]
    return _converter(conversion).convert(char) != char and not char.encode(encoding, "ignore")

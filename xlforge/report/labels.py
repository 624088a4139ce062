"""How the page writes numbers, languages and text."""

import re

from xlforge.languages.registry import LANGUAGES

_CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f]")


def number(value: float | None, digits: int = 0) -> str:
    """A number with separated thousands; a dash for None."""
    return "–" if value is None else f"{value:,.{digits}f}".replace(",", "\u202f").replace("-", "−")


def percent(value: float | None, digits: int = 1) -> str:
    """A share in percent; a dash for None."""
    return "–" if value is None else f"{100 * value:.{digits}f}\u202f%"


def visible(text: str) -> str:
    """Text with a visible sign for each control character, because HTML cannot hold them."""
    return _CONTROLS.sub(lambda match: chr(0x2421 if match.group() == "\x7f" else 0x2400 + ord(match.group())), text)


def called(code: str) -> str:
    """The name of a language, or of a group of languages in the evaluation."""
    if code in LANGUAGES:
        return LANGUAGES[code].name
    return {"mean": "mean, trained on", "zero_shot": "mean, zero-shot"}.get(code, code)


def tagged(code: str) -> str:
    """The BCP 47 tag by which a browser chooses fonts and line breaks; empty for an unknown language."""
    if code not in LANGUAGES:
        return ""
    script = LANGUAGES[code].script
    return f"{code}-{script}" if script in ("Hans", "Hant") else code

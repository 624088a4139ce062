"""The one table of languages: everything the project knows about a language stands in its row."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Language:
    """One language.

    code: ISO 639-1. name: in English, as prompts say it. script: ISO 15924, a hint for readers and fonts.
    resources: how much text of it the web has, the class the paper's analysis groups by.
    """

    code: str
    name: str
    script: str
    resources: Literal["high", "mid", "low"]

    @property
    def split(self) -> str:
        """The name of its split in the dataset: `german`."""
        return self.name.lower()


LANGUAGES = {
    language.code: language
    for language in (
        Language("en", "English", "Latn", "high"),
        Language("de", "German", "Latn", "high"),
        Language("pt", "Portuguese", "Latn", "high"),
        Language("zh", "Chinese", "Hans", "high"),
        Language("hi", "Hindi", "Deva", "mid"),
        Language("hu", "Hungarian", "Latn", "mid"),
        Language("lt", "Lithuanian", "Latn", "mid"),
        Language("ga", "Irish", "Latn", "low"),
        Language("mt", "Maltese", "Latn", "low"),
        Language("fr", "French", "Latn", "high"),
        Language("fi", "Finnish", "Latn", "mid"),
        Language("tr", "Turkish", "Latn", "mid"),
    )
}


def language(code: str) -> Language:
    """The row of a language, by code; ValueError with the nearest right name otherwise."""
    if code in LANGUAGES:
        return LANGUAGES[code]
    names = {row.split: row.code for row in LANGUAGES.values()}
    near = names.get(code.lower()) or next(
        (names.get(match, match) for match in difflib.get_close_matches(code.lower(), [*LANGUAGES, *names], n=1)), None
    )
    hint = f"did you mean {near!r}?" if near else "add a row to xlforge/languages/registry.py for a new one."
    raise ValueError(f"unknown language {code!r}; known codes: {', '.join(LANGUAGES)}; {hint}")

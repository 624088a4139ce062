"""What can be known about a language. The values are in one file a language, `<code>.py` in this folder, with one `LANGUAGE`.

Adding a language is adding such a file: codes are the names of the files here. A file is imported when its language is first looked up,
so that work on one language depends on no other.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

_FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Rendering:
    """How human translations from English into a language look, as `python -m bench.quality --fit` measures it.

    Args:
        mean: of log(size of a translation / size of its source), size in characters without white space.
        variance: of the same, times the size of the source (Gale and Church 1993: it falls with that size).
        word: share of the longer English words without a capital that look alike in the translation.
        name: share of the words of English names that look alike in the translation.
    """

    mean: float
    variance: float
    word: float
    name: float


@dataclass(frozen=True)
class Numerals:
    """Numerals that are not decimal digits, as Chinese writes them: 三百二十 is 320, 二〇一八 is 2018.

    Args:
        digits: character to value, 0 to 9.
        places: character to the power of ten that multiplies the digit before it.
        groups: character to the power of ten that multiplies everything before it.
        more: characters that mean "more than" between a number and a word that scales it: 300多万.
    """

    digits: Mapping[str, int]
    places: Mapping[str, int]
    groups: Mapping[str, int]
    more: str = ""


@dataclass(frozen=True)
class Language:
    """One language. Only the first four fields are needed; the rest makes the checks of translations more precise.

    Args:
        code: ISO 639-1, or ISO 639-3 where there is none; the name of its file.
        name: in English, as prompts use it.
        script: ISO 15924, a hint for readers and fonts.
        resources: how much text of it the web has; the analysis groups languages by it.
        letters: the first words of the Unicode names of its letters where these are not Latin (`CYRILLIC`); None accepts every script.
        rendering: how translations into it look. The default is wide, so that it rejects little.
        decimal_point: whether 1.5 is one and a half, and not 1,5.
        scales: factor to the words, or the beginnings of words, that multiply a number in digits before them by it.
        numerals: where it has numerals that are not decimal digits.
        sentence_ends: its own marks that end a sentence without a space after them; those of Chinese and Hindi do so everywhere.
        abbreviations: words that are written with a full stop inside a sentence, without it.
        small_letters: those beyond a–z and Latin-1 that a word can begin with: a sentence does not.
        neighbours: labels of py3langid for languages that are easily confused with it, beyond those of `checks/language.py`.
    """

    code: str
    name: str
    script: str
    resources: Literal["high", "mid", "low"]
    letters: tuple[str, ...] | None = ()
    rendering: Rendering = Rendering(0.12, 3.5, 0.02, 0.5)
    decimal_point: bool = False
    scales: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    numerals: Numerals | None = None
    sentence_ends: str = ""
    abbreviations: tuple[str, ...] = ()
    small_letters: str = ""
    neighbours: tuple[str, ...] = ()

    @property
    def split(self) -> str:
        """The name of its split in the dataset: `german`."""
        return self.name.lower()


class _Languages(Mapping[str, Language]):
    """Code to language. Codes come from the names of the files; a file is imported when its language is looked up."""

    def __init__(self) -> None:
        self._loaded: dict[str, Language] = {}
        self._codes = sorted(path.stem for path in _FOLDER.glob("*.py") if len(path.stem) in (2, 3))

    def __getitem__(self, code: str) -> Language:
        if code not in self._codes:
            raise KeyError(code)
        if code not in self._loaded:
            found: Language = importlib.import_module(f"xlforge.languages.{code}").LANGUAGE
            if found.code != code:
                raise ValueError(
                    f"xlforge/languages/{code}.py has the code {found.code!r}: it must be that of its file"
                )
            self._loaded[code] = found
        return self._loaded[code]

    def __contains__(self, code: object) -> bool:
        return code in self._codes

    def __iter__(self) -> Iterator[str]:
        return iter(self._codes)

    def __len__(self) -> int:
        return len(self._codes)


LANGUAGES: Mapping[str, Language] = _Languages()


def language(code: str) -> Language:
    """The language of a code. Raises ValueError, with the nearest right code, for one that has no file."""
    if code in LANGUAGES:
        return LANGUAGES[code]
    names = {each.split: each.code for each in LANGUAGES.values()}
    near = names.get(code.lower()) or next(
        (names.get(match, match) for match in difflib.get_close_matches(code.lower(), [*LANGUAGES, *names], n=1)), None
    )
    hint = f"did you mean {near!r}?" if near else "for a new one, add its file to xlforge/languages"
    raise ValueError(f"unknown language {code!r}; known codes: {', '.join(LANGUAGES)}; {hint}")


def traits(code: str) -> Language:
    """The language of a code, or the defaults for one that has no file: what the checks of any text go by."""
    return LANGUAGES[code] if code in LANGUAGES else Language(code, code, "Zyyy", "low", letters=None)

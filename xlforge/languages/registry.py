"""What can be known about a language. The values are in one file a language, `<code>.py` in this folder, with one `LANGUAGE`.

Adding a language is adding such a file: codes are the names of the files here. A file is imported when its language is first looked up,
so that work on one language depends on no other.
"""

import difflib
import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

_FOLDER = Path(__file__).parent
_CODE = re.compile(r"[a-z]{2,3}(-[A-Z][a-z]{3})?")


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


UNMEASURED, OTHER_SCRIPT = Rendering(0.12, 3.5, 0.02, 0.5), Rendering(0.12, 3.5, 0.001, 0.05)
"""Wide, so that they reject little; in another script than Latin, few words look alike."""
CANTONESE = "嘅咗喺哋嚟冇啲佢嗰咁嘢噉唔嗌咩喎㗎攞"
"""Characters of written Cantonese that the standard language, Simplified or Traditional, does not use."""
_UNMARKED = ("Thai", "Laoo")
"""Scripts in which no mark ends a sentence."""


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
class FastText:
    """A fastText model that identifies a language, such as GlotLID's `model.bin`.

    Args:
        model: its file.
        revision: `sha256:` and the digest of its bytes.
        label: the language in the model, without `__label__`: `yor_Latn`.
    """

    model: str
    revision: str
    label: str


@dataclass(frozen=True)
class Language:
    """One language. Only the first four fields are needed; the rest makes the checks of translations more precise.

    Args:
        code: ISO 639-1, or ISO 639-3 where there is none, with the script after it (`zh-Hant`) for a second script; the name of its file.
        name: in English, as prompts use it.
        script: ISO 15924, in which a translation must be written (Latin letters are accepted in each); `Zyyy` for any.
        resources: how much text of it the web has; the analysis groups languages by it.
        unused_letters: letters of its script that only other languages use.
        rendering: how translations into it look.
        decimal_point: whether 1.5 is one and a half, and not 1,5; where CLDR does not know it.
        scales: factor to the words, or the beginnings of words, that multiply a number in digits before them by it, beyond CLDR's.
        numerals: where it has numerals that are not decimal digits.
        number_words: spelled-out numbers in forms beyond ICU's: {"két": 2}.
        halves: words that add a half to the number before them: `einhalb`, `et demi`. A word may end in anything.
        half_words: words that are a number with a half: {"anderthalb": 1.5}.
        percent: words for percent, beyond CLDR's.
        minus: words before a negative number, beyond ICU's.
        units: name of a unit in `xlforge.checks.quantities` to words for it, beyond CLDR's.
        sentence_ends: its own marks that end a sentence, beyond those that Unicode has for all (`Sentence_Terminal`).
        sentence_marks: whether marks end its sentences; without them no check looks for the end of a sentence.
        abbreviations: words that are written with a full stop inside a sentence, without it.
        neighbours: labels of py3langid for languages that are easily confused with it, beyond those of `checks/language.py`.
        detector: what identifies it where py3langid does not know it, or knows it badly.
        split_name: of its split, where published datasets have another one than its name.
    """

    code: str
    name: str
    script: str
    resources: Literal["high", "mid", "low"]
    unused_letters: str = ""
    rendering: Rendering = UNMEASURED
    decimal_point: bool | None = None
    scales: Mapping[int, tuple[str, ...]] = field(default_factory=dict)
    numerals: Numerals | None = None
    number_words: Mapping[str, int] = field(default_factory=dict)
    halves: tuple[str, ...] = ()
    half_words: Mapping[str, float] = field(default_factory=dict)
    percent: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    units: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    sentence_ends: str = ""
    sentence_marks: bool | None = None
    abbreviations: tuple[str, ...] = ()
    neighbours: tuple[str, ...] = ()
    detector: FastText | None = None
    split_name: str = ""

    def __post_init__(self) -> None:
        if self.sentence_marks is None:
            object.__setattr__(self, "sentence_marks", self.script not in _UNMARKED)
        if self.rendering == UNMEASURED and self.script not in ("Latn", "Zyyy"):
            object.__setattr__(self, "rendering", OTHER_SCRIPT)

    @property
    def label(self) -> str:
        """Its label in language identification; py3langid does not know scripts."""
        return self.detector.label if self.detector else self.code.partition("-")[0]

    @property
    def split(self) -> str:
        """The name of its split in the dataset: `german`, `traditional_chinese`."""
        return self.split_name or self.name.lower().replace(" ", "_")


class _Languages(Mapping[str, Language]):
    """Code to language. Codes come from the names of the files; a file is imported when its language is looked up."""

    def __init__(self) -> None:
        self._codes = sorted(path.stem for path in _FOLDER.glob("*.py") if _CODE.fullmatch(path.stem))

    def __getitem__(self, code: str) -> Language:
        if code not in self._codes:
            raise KeyError(code)
        found: Language = importlib.import_module(f"xlforge.languages.{code}").LANGUAGE
        if found.code != code:
            raise ValueError(f"xlforge/languages/{code}.py has the code {found.code!r}: it must be that of its file")
        return found

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
    matches = difflib.get_close_matches(code.lower(), [*LANGUAGES, *names], n=1)
    near = names.get(code.lower()) or next((names.get(match, match) for match in matches), None)
    hint = f"did you mean {near!r}?" if near else "for a new one, add its file to xlforge/languages"
    raise ValueError(f"unknown language {code!r}; known codes: {', '.join(LANGUAGES)}; {hint}")


def traits(code: str) -> Language:
    """The language of a code, or the defaults for one that has no file: what the checks of any text go by."""
    return LANGUAGES[code] if code in LANGUAGES else Language(code, code, "Zyyy", "low")

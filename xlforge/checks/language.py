"""Which language a text is in, judged piece by piece.

A text is cut into the pieces that can be judged: sentences of prose, without code, addresses and numbers, none too short
to tell. Each is identified by itself, so that two German paragraphs after an English one are two thirds German and not
"German". Identification chooses among the project's languages and those that a wrong answer is likely to be in or that are
easily taken for them; among all 140 that py3langid knows, rare languages attract short sentences full of names.
A piece that no language clearly claims says nothing, and is not held against the text.
"""

from __future__ import annotations

import re
from functools import cache

from py3langid.langid import LanguageIdentifier

from xlforge.languages.registry import LANGUAGES

NEIGHBOURS = frozenset(
    {
        *("af", "ar", "az", "ca", "cs", "cy", "da", "es", "et", "gd", "gl", "id", "it", "ja", "ko", "lb", "lv", "mr"),
        *("ne", "nl", "no", "pl", "ro", "ru", "sk", "sv", "uk", "uz", "vi"),
    }
)
"""Languages beside the project's own that a piece may be found to be in."""
KNOWN = NEIGHBOURS | frozenset(LANGUAGES)

WORTH = 15
"""Letters a piece must have to be judged by itself; a Chinese or Japanese character counts as three."""
CLEAR = 0.5
"""The probability from which another language's claim on a piece is heard, if it is also..."""
MARGIN = 3.0
"""...this many times that of the language asked for."""

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,}).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_NO_PROSE = re.compile(
    r"`[^`\n]+`|https?://\S+|www\.\S+|(?<!\S)\S{1,64}@[\w.-]{1,255}|<[^<>\n]{1,200}>|\$\$[^$]{0,500}\$\$"
)
_MARKERS = re.compile(r"^[\s>#*+\-–•|]+|^\s*\d+[.)]\s", re.MULTILINE)
_BREAKS = re.compile(r"""\n|\||(?<=[.!?:;…])\s|(?<=[.!?…]["”“»’)])\s|(?<=[。！？；।])""")
_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")


def lines(text: str) -> list[str]:
    """The pieces of a text that are worth judging, in order.

    Sentences too short by themselves are judged together with the next of their line. What is left of a line is too short
    to be judged and is left out, unless that would leave nothing.
    """
    prose = _MARKERS.sub("", _NO_PROSE.sub(" ", _FENCE.sub("\n", text)))
    found, short = [], []
    for line in prose.splitlines():
        held = ""
        for piece in _BREAKS.split(line):
            held = f"{held} {piece.strip()}".strip()
            if _letters(held) >= WORTH:
                found.append(held)
                held = ""
        if _letters(held):
            short.append(held)
    return found or ([" ".join(short)] if short else [])


def identify(text: str, among: frozenset[str] | None = KNOWN) -> tuple[str, float]:
    """The likeliest language and its probability; among=None chooses from all that py3langid knows.

    A text without letters is ("zxx", 1.0), no linguistic content. Raises ValueError for a language that cannot be told.
    """
    if not _letters(text):
        return "zxx", 1.0
    code, probability = identifier(among).rank(text)[0]
    return code, round(probability, 6)


def share(text: str, code: str) -> float:
    """The share of the judged letters that is in a language, in [0, 1]; 1.0 where no piece says anything else.

    Raises ValueError for a language that cannot be told.
    """
    among = identifier(KNOWN | {code})
    own = other = 0
    for piece in lines(text):
        ranked = among.rank(piece)
        best, probability = ranked[0]
        if best == code:
            own += _letters(piece)
        elif probability >= CLEAR and probability >= MARGIN * dict(ranked)[code]:
            other += _letters(piece)
    return own / (own + other) if other else 1.0


def is_language(text: str, code: str, bar: float = 0.8) -> bool:
    """Whether at least `bar` of a text's judged letters are in a language."""
    return share(text, code) >= bar


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text)) + 2 * len(_WIDE.findall(text))


@cache
def identifier(among: frozenset[str] | None) -> LanguageIdentifier:
    """py3langid choosing among some languages, or all; loaded at the first question, in whichever process asks."""
    model = LanguageIdentifier.from_model_file("data/model.npz.xz", norm_probs=True)
    unknown = (among or frozenset()) - set(model.labels)
    if unknown:
        raise ValueError(
            f"py3langid cannot tell {', '.join(sorted(unknown))}; it knows {' '.join(sorted(model.labels))}: "
            "choose among these, or leave language identification out for this language"
        )
    model.set_languages(among)
    return model

"""Which language a text is in, judged piece by piece.

A text is cut into the pieces that can be judged: sentences of prose, without code, addresses and numbers, each long enough.
Each is identified by itself, so that two German paragraphs after an English one are two thirds German and not "German".
Identification chooses among a fixed set of languages; among all 140 that py3langid knows, rare languages attract short sentences full of
names. A piece that no language clearly claims does not count against the text.
"""

from __future__ import annotations

import re
from functools import cache

import regex
from py3langid.langid import LanguageIdentifier

from xlforge.checks.detectors import Detector, detector
from xlforge.checks.markup import PLACEHOLDER
from xlforge.checks.sentences import WIDE
from xlforge.languages.registry import traits

_COMMON = "af ar az ca cs cy da de en es et fi fr ga gd gl hi hu id it ja ko lb lt lv mr mt ne nl no pl pt ro ru sk sv tr uk uz vi zh"
CANDIDATES = frozenset(_COMMON.split())
"""The languages that a piece is identified among, with the text's own and its neighbours: a wrong answer is likely in one of them, or
they are easily confused with those. A new language changes nothing here, so that the results of the others stay."""

MIN_LETTERS = 15
"""Letters a piece needs to be judged by itself; a Chinese or Japanese character counts as three."""
CLEAR = 0.5
"""Another language counts against the text from this probability on, if it also has..."""
MARGIN = 3.0
"""...this many times the probability of the wanted language."""

_FENCE = re.compile(r"^[ \t]*(`{3,}|~{3,}).*?(?:^[ \t]*\1[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_NO_PROSE = re.compile(
    r"`[^`\n]+`|https?://\S+|www\.\S+|(?<!\S)\S{1,64}@[\w.-]{1,255}|<[^<>\n]{1,200}>|\$\$[^$]{0,500}\$\$"
)
_MARKERS = re.compile(r"^[\s>#*+\-–•|]+|^\s*\d+[.)]\s", re.MULTILINE)
_BREAKS = regex.compile(r"""(?V1)\n|\||(?<=[.!?:;…])\s|(?<=[.!?…]["”“»’)])\s|(?<=[[\p{Sentence_Terminal}；]--[.!?]])""")


def lines(text: str) -> list[str]:
    """The pieces of a text that can be judged, in order.

    Sentences too short by themselves are joined with the next of their line. What remains of a line is too short and is left out,
    unless that would leave nothing.
    """
    prose = _MARKERS.sub("", PLACEHOLDER.sub(" ", _NO_PROSE.sub(" ", _FENCE.sub("\n", text))))
    found, short = [], []
    for line in prose.splitlines():
        held = ""
        for piece in _BREAKS.split(line):
            held = f"{held} {piece.strip()}".strip()
            if _letters(held) >= MIN_LETTERS:
                found.append(held)
                held = ""
        if _letters(held):
            short.append(held)
    return found or ([" ".join(short)] if short else [])


def identify(text: str, among: frozenset[str] | None = CANDIDATES) -> tuple[str, float]:
    """The likeliest language and its probability; `("zxx", 1.0)`, no linguistic content, for a text without letters.

    Args:
        text: one piece.
        among: the labels to choose from; None for all that py3langid knows.

    Raises:
        ValueError: py3langid does not know one of them.
    """
    if not _letters(text):
        return "zxx", 1.0
    code, probability = identifier(among).rank(text)[0]
    return code, round(probability, 6)


def share(text: str, code: str) -> float:
    """The share of the judged letters that is in a language, in [0, 1]; 1.0 where no piece is clearly in another.

    Raises:
        ValueError: py3langid does not know the language.
    """
    label = traits(code).label
    model = _model(code, CANDIDATES.union([label], traits(code).neighbours))
    own = other = 0
    for piece in lines(text):
        ranked = model.rank(piece)
        best, probability = ranked[0]
        if best == label:
            own += _letters(piece)
        elif probability >= CLEAR and probability >= MARGIN * dict(ranked).get(label, 0.0):
            other += _letters(piece)
    return own / (own + other) if other else 1.0


def likeliest(text: str, code: str) -> tuple[bool, float]:
    """Whether a language is the likeliest of all that its detector knows for one piece, and the probability of the likeliest."""
    if not _letters(text):
        return False, 1.0
    best, probability = _model(code, None).rank(text)[0]
    return best == (traits(code).label if traits(code).detector else code), round(probability, 6)


def _model(code: str, among: frozenset[str] | None) -> LanguageIdentifier | Detector:
    """What identifies a language: its own detector, or py3langid choosing among labels."""
    own = traits(code).detector
    return detector(own) if own else identifier(among)


def is_language(text: str, code: str, min_share: float = 0.8) -> bool:
    """Whether at least `min_share` of a text's judged letters are in a language."""
    return share(text, code) >= min_share


def _letters(text: str) -> int:
    return sum(map(str.isalpha, text)) + 2 * len(WIDE.findall(text))


@cache
def identifier(among: frozenset[str] | None) -> LanguageIdentifier:
    """py3langid choosing among some labels, or all; loaded at the first use in a process."""
    model = LanguageIdentifier.from_model_file("data/model.npz.xz", norm_probs=True)
    unknown = (among or frozenset()) - set(model.labels)
    if unknown:
        raise ValueError(
            f"py3langid does not know {', '.join(sorted(unknown))}; it knows {' '.join(sorted(model.labels))}: "
            "choose among these, or name a detector in the file of this language (docs/languages.md)"
        )
    model.set_languages(among)
    return model

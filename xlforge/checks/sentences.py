"""Sentences and their sizes, and how unusual the size of a translation is."""

from functools import cache
from typing import Any

import numpy as np
import regex

from xlforge.languages import en
from xlforge.languages.registry import Rendering, traits

WIDE = regex.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
"""A Chinese or Japanese character, which stands for about three letters."""
UNSPACED = regex.compile(rf"(?V1)[{WIDE.pattern[1:-1]}\p{{lb=SA}}]")
"""A character of a script without spaces between words."""
_CLOSING = r"[\p{Pe}\p{Pf}\"'“»]{0,3}"
_END = rf"[[\p{{Sentence_Terminal}}%s]--[.!?]]{{1,9}}{_CLOSING}\s*|[.!?…]{{1,9}}{_CLOSING}\s+(?=\S)"
"""Marks beyond . ! ? need no space after them. Those of all scripts count in every language: a candidate may be in the wrong one."""
_ABBREVIATED = r"(?:^|[\s(\"'“„«])(?:[^\W\d_]|\d{1,2}|\w\.\w|(?:[A-Z]\.)+[A-Z]|%s)\.$"
_SMALL = regex.compile(r"[^\w\s]*\p{Ll}")
_LONGEST_ABBREVIATION = 14
_STYLE = 0.05
"""Each text also has a style of its own: the standard deviation that it adds, in log size."""


def sentences(text: str, code: str = "en") -> list[str]:
    """The sentences of a text in a language; a line break always ends one."""
    end, abbreviated = _patterns(code)
    found = []
    for line in text.splitlines():
        start = 0
        for match in end.finditer(line):
            first = match.group()[0]
            if first in ".!?…" and _SMALL.match(line, match.end()):
                continue
            before = line[max(0, match.start() - _LONGEST_ABBREVIATION) : match.start() + 1]
            if first == "." and abbreviated.search(before):
                continue
            found.append(line[start : match.end()].strip())
            start = match.end()
        found.append(line[start:].strip())
    return [sentence for sentence in found if any(map(str.isalnum, sentence))]


@cache
def _patterns(code: str) -> tuple[regex.Pattern[str], regex.Pattern[str]]:
    """What ends a sentence, unless a small letter follows, or an abbreviation stands before it."""
    known = traits(code)
    words = "|".join(map(regex.escape, (*en.LANGUAGE.abbreviations, *known.abbreviations)))
    end = regex.compile(f"(?V1){_END % regex.escape(known.sentence_ends)}")
    return end, regex.compile(_ABBREVIATED % words)


def size(text: str) -> int:
    """Characters without white space, a Chinese or Japanese one counting as three."""
    return len("".join(text.split())) + 2 * len(WIDE.findall(text))


def spread(usual: Rendering, source: Any) -> Any:
    """The standard deviation of log size for a source of a size, or for an array of them."""
    return np.sqrt(usual.variance / np.maximum(source, 1) + _STYLE**2)


def deviation(usual: Rendering, source: Any, target: Any) -> Any:
    """By how many standard deviations a translation's size is unusual, negative where it is short; sizes or arrays of them."""
    return (np.log(np.maximum(target, 0.5) / np.maximum(source, 0.5)) - usual.mean) / spread(usual, source)

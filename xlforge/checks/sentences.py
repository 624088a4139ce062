"""Sentences, and what the translation of one is like: the figures by which a text that lost some of them is told."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np

_WIDE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff]")
_END = re.compile(
    r"[。！？]{1,9}[”’」』）\"')]{0,3}\s*|[।॥]{1,3}[”’\"')]{0,3}\s*|[.!?…]{1,9}[\"'”“’»)\]]{0,3}\s+(?=\S)"
)
_ABBREVIATED = re.compile(
    r"(?:^|[\s(\"'“„«])(?:[^\W\d_]|\d{1,2}|\w\.\w|(?:[A-Z]\.)+[A-Z]|Mr|Mrs|Ms|Mx|Dr|Prof|St|Sr|Sra|Jr|Mme|Mlle|Hr|Fr|vs"
    r"|No|Nos|Nr|Gen|Col|Lt|Det|Maj|Cpl|Insp|Supt|Sgt|Capt|Gov|Sen|Rep|Rev|Hon|Ltd|Co|Corp|Inc|Ave|Mt|Jan|Feb|Mar|Apr|Jun"
    r"|Jul|Aug|Sep|Sept|Oct|Nov|Dec|Mio|Mrd|Tsd|bzw|ca|etc|usw|Abb|mln|mlrd|tūkst|proc|pvz|Av|kb|ún|stb|Onor|esim|mm|klo|ns"
    r"|milj|mrd|Sn|Doç|डॉ|श्री|प्रो)\.$"
)
_SMALL = re.compile(r"[^\w\s]*[a-zß-öø-ÿāčėęįšųūžġħċż]")


@dataclass(frozen=True)
class Rendering:
    """What human translations of English into a language are like.

    mean, variance: of log(size of a translation / size of its source); the variance times the source's size, as it
    falls with that (Gale and Church, 1993). word, name: the share of longer words without
    a capital, and of names, that look alike in both.
    """

    mean: float
    variance: float
    word: float
    name: float

    def spread(self, source: Any) -> Any:
        """The standard deviation for a source of a size, or for an array of them; each text also has a manner of its own."""
        return np.sqrt(self.variance / np.maximum(source, 1) + 0.05**2)

    def surprise(self, source: Any, target: Any) -> Any:
        """By how many standard deviations a translation's size is off: negative where it is short. Of numbers, or of arrays."""
        return (np.log(np.maximum(target, 0.5) / np.maximum(source, 0.5)) - self.mean) / self.spread(source)


RENDERINGS = {
    "en": Rendering(0.00, 0.5, 0.900, 0.95),
    "de": Rendering(0.20, 1.6, 0.132, 0.89),
    "pt": Rendering(0.12, 1.5, 0.211, 0.86),
    "zh": Rendering(0.06, 3.2, 0.001, 0.19),
    "hi": Rendering(0.03, 1.6, 0.001, 0.05),
    "hu": Rendering(0.15, 2.3, 0.040, 0.81),
    "lt": Rendering(0.09, 1.9, 0.056, 0.74),
    "ga": Rendering(0.16, 1.9, 0.035, 0.73),
    "mt": Rendering(0.15, 1.6, 0.139, 0.86),
    "fr": Rendering(0.17, 1.8, 0.248, 0.89),
    "fi": Rendering(0.16, 1.7, 0.048, 0.82),
    "tr": Rendering(0.11, 2.8, 0.041, 0.82),
}
"""Set by the figures that bench/quality.py finds in human translations of news."""
OTHER = Rendering(0.12, 3.5, 0.02, 0.5)
"""For a language without figures: wide, so that little is held against it."""


def sentences(text: str) -> list[str]:
    """The sentences of a text in any of the project's languages; a line break always ends one."""
    found = []
    for line in text.splitlines():
        start = 0
        for match in _END.finditer(line):
            first = match.group()[0]
            if first in ".!?…" and _SMALL.match(line, match.end()):
                continue
            if first == "." and _ABBREVIATED.search(line[max(0, match.start() - 14) : match.start() + 1]):
                continue
            found.append(line[start : match.end()].strip())
            start = match.end()
        found.append(line[start:].strip())
    return [sentence for sentence in found if any(map(str.isalnum, sentence))]


def size(text: str) -> int:
    """Characters without white space, a Chinese or Japanese one counting as three."""
    return len("".join(text.split())) + 2 * len(_WIDE.findall(text))

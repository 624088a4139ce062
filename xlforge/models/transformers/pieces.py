"""A text as the pieces that a translation system reads, one sentence each, and what stands between them, which stays as it is."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import regex
from icu4py.breakers import SentenceBreaker

from xlforge.languages import en
from xlforge.requests.request import unicode_only

_FENCE = regex.compile(r"\s*(?:```|~~~)")
_MARKER = regex.compile(r"\s*(?:(?:[>#*+\-–•|]+|\d{1,3}[.)])\s+)*")
_WORDS = "|".join(map(regex.escape, en.LANGUAGE.abbreviations))
_ABBREVIATED = regex.compile(rf"(?:^|[\s(])(?:\p{{L}}|{_WORDS})\.\s*$")


class Piece(NamedTuple):
    """A sentence, or nothing, and the text after it up to the next one."""

    sentence: str
    after: str


def pieces(text: str) -> list[Piece]:
    """The pieces of a text, which together are the text. Code fences and lines without letters hold no sentence."""
    found, fenced = [], False
    for line in unicode_only(text).splitlines(keepends=True):
        body = line.rstrip()
        fence = _FENCE.match(line) is not None
        if fence or fenced or not any(map(str.isalpha, body)):
            fenced ^= fence
            found.append(Piece("", line))
            continue
        marker = _MARKER.match(body)
        lead = marker.end() if marker else 0
        found.append(Piece("", body[:lead]))
        for sentence in _sentences(body[lead:]):
            bare = sentence.strip()
            start = sentence.index(bare)
            if start:  # U+001C to U+001F, which are blanks for `strip`, and not for `\s` of regex
                found.append(Piece("", sentence[:start]))
            found.append(Piece(bare, sentence[start + len(bare) :]))
        found.append(Piece("", line[len(body) :]))
    return found


def joined(parts: Iterable[Piece], translations: Iterable[str]) -> str:
    """The text with a translation in place of each sentence, and a blank between two of them where the language writes it."""
    each, text, ended = iter(translations), "", False
    for piece in parts:
        if piece.sentence:
            translation = next(each).strip()
            if ended:
                text = text.rstrip(" ") + ("" if _wide(text.rstrip(" ")) else " ")
            text += translation
        ended = bool(piece.sentence) and not piece.after.strip(" ")
        text += piece.after
    return text


def _sentences(line: str) -> Iterator[str]:
    """The sentences of a line with the blanks after them. ICU counts in units of UTF-16, and ends one after `Dr.`"""
    units, held = line.encode("utf-16-le"), ""
    for start, end in SentenceBreaker(line, "en").segments():
        held += units[2 * start : 2 * end].decode("utf-16-le")
        if not _ABBREVIATED.search(held):
            yield held
            held = ""
    if held:
        yield held


def _wide(text: str) -> bool:
    """Whether a text ends in a sign as wide as a Chinese one, after which no blank stands."""
    return text[-1:] != "" and unicodedata.east_asian_width(text[-1]) in "WF"

"""What the tests' server answers in the benchmark of the build: as the tests' replies, with each candidate in words of its own."""

from __future__ import annotations

import zlib
from functools import cache

from tests.replies import _WORD, WORDS, Replies

_NEAR = 6


class Answers(Replies):
    """Translations that pass the checks and differ by seed, so that each is a call of its own on the way back too."""

    def _translate(self, text: str, language: str, seed: int) -> str:
        if language == "English":
            return self._sources.get(text.strip(), text)
        made = _WORD.sub(lambda match: _word(match.group(), language, seed), text)
        self._sources[made.strip()] = text
        return made


@cache
def _near(language: str, length: int) -> list[str]:
    """The words of a language that are about as long."""
    return sorted(WORDS[language].split(), key=lambda word: abs(len(word) - length))[:_NEAR]


def _word(english: str, language: str, seed: int) -> str:
    return _near(language, len(english))[zlib.crc32(f"{seed} {english}".encode()) % _NEAR]

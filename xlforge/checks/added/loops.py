"""Texts that go round in circles, in any language, with spaces between words or without."""

import re

_NGRAM = 12
"""Characters; long enough that a name or a term that a text repeats is a small part of it."""
_SHARE = 0.5
_MIN = 60
_WIDE = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff]")
"""Scripts in which few characters make a word."""
_NGRAM_WIDE = 6
_LONGEST = 20_000
_TAIL = re.compile(r"(.{1,120}?)\1{5,}\W{0,3}\Z", re.DOTALL)
_MIN_TAIL = 30


def loops(text: str) -> bool:
    """Whether at least half of a text repeats what stands before in it, or its end is one phrase again and again."""
    plain = "".join(char for char in text[:_LONGEST].casefold() if char.isalnum())
    if len(set(plain)) > 1 and (match := _TAIL.search(plain[-800:])) and len(match.group()) >= _MIN_TAIL:
        return True
    if len(plain) < _MIN:
        return False
    width = _NGRAM_WIDE if len(_WIDE.findall(plain)) > len(plain) / 2 else _NGRAM
    return repeated(plain, width) >= _SHARE


def repeated(text: str, width: int) -> float:
    """The share of a text's n-grams of characters that occur before in it."""
    seen = {text[at : at + width] for at in range(len(text) - width + 1)}
    return 1 - len(seen) / (len(text) - width + 1)

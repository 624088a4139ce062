"""Answers against a known truth: chrF, and which of its facts an answer has. No model is called."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from typing import Any

from sacrebleu.metrics.chrf import CHRF

_IDEOGRAPHS = r"\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"
_WIDE = re.compile(f"[{_IDEOGRAPHS}]")
_chrf = cache(CHRF)
_IN_WORDS = rf"[^\W{_IDEOGRAPHS}]"
_LETTER = re.compile(_IN_WORDS)


def chrf(answer: str, truth: str) -> float:
    """chrF (Popović, 2015; sacrebleu's settings: characters up to 6, β 2) of an answer against the truth, 0 to 100."""
    return round(float(_chrf().sentence_score(answer, [truth]).score), 4)


def facts(answer: str, slots: Sequence[dict[str, Any]] | None, code: str | None = None) -> float | None:
    """The share of facts whose phrase is in an answer as whole words, in [0, 1]; None without facts.

    Args:
        slots: one mapping a fact, with `phrases`, a list of mappings with `language` and `phrase`.
        code: counts only phrases in this language, and only facts that have one; without it, a phrase in any language counts.
    """
    text = _plain(answer)
    every = ([each["phrase"] for each in slot["phrases"] if code in (None, each["language"])] for slot in slots or ())
    wanted = [phrases for phrases in every if phrases]
    if not wanted:
        return None
    return round(sum(any(_contains(text, _plain(phrase)) for phrase in phrases) for phrases in wanted) / len(wanted), 6)


def _contains(text: str, phrase: str) -> bool:
    if _WIDE.search(phrase):  # Chinese does not separate words
        return phrase in text
    at = text.find(phrase)
    while at >= 0:  # a pattern for each phrase takes six hundred times as long
        end = at + len(phrase)
        if not (at and _LETTER.match(text[at - 1])) and not _LETTER.match(text[end : end + 1]):
            return True
        at = text.find(phrase, at + 1)
    return False


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFC", text).casefold().split())

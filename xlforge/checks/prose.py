"""Answers that should be English prose."""

from __future__ import annotations

from xlforge.checks.language import share
from xlforge.steps.parsing import ParseError, plain_text

_LEAST = 0.5


def english_text(text: str) -> str:
    """The words of an answer that should be English; ParseError if they are not, or are no text at all.

    Half of what can be judged must be English: a name or a quotation in another language is no fault.
    """
    words = plain_text(text)
    found = share(words, "en")
    if found < _LEAST:
        raise ParseError("not_english", f"{found:.2f} of it is English")
    return words


def english_question(text: str) -> str:
    """The words of an answer that should be one English question or request, in one paragraph; ParseError if they are not."""
    question = english_text(text)
    if "\n" in question:
        raise ParseError("not_one_question", f"{len(question.splitlines())} lines")
    return question

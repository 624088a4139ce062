"""Responses that should be English prose."""

from __future__ import annotations

from xlforge.checks.language import share
from xlforge.steps.parsing import ParseError, plain_text

_MIN_SHARE = 0.5
"""A name or a quotation in another language is no fault."""


def english_text(text: str) -> str:
    """The text of a response that should be English. Raises ParseError where it is not, or is no text at all."""
    plain = plain_text(text)
    found = share(plain, "en")
    if found < _MIN_SHARE:
        raise ParseError("not_english", f"{found:.2f} of it is English")
    return plain


def english_question(text: str) -> str:
    """The text of a response that should be one English question or request, in one paragraph. Raises ParseError where it is not."""
    question = english_text(text)
    if "\n" in question:
        raise ParseError("not_one_question", f"{len(question.splitlines())} lines")
    return question

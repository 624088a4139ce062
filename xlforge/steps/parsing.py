"""What a step makes of a response's text: the plain text, or a ParseError that names what is wrong with it."""

from __future__ import annotations

from xlforge.requests.response import WITHHELD, Response, choice

LONGEST_TOKEN = 32
"""Characters a token may stand for: a response that is longer than its tokens allow ignored its limit."""


class ParseError(ValueError):
    """A response that cannot be used.

    Args:
        reason: in snake_case, as `rejects.parquet` has it.
        detail: what is wrong, in words.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


FINAL = ("cut_off", *WITHHELD)
"""Reasons for which a response is not sampled again: the next one would end in the same way."""


def whole(response: Response, max_tokens: int, choices: tuple[str, ...] = ()) -> None:
    """Raises ParseError for a response that did not end by itself. One that spells a choice needs no end."""
    finish = response.finish_reason
    if finish == "length" and not (choices and choice(response.text, choices)):
        remedy = ": all are reasoning; raise max_tokens or limit the reasoning" if not response.text.strip() else ""
        raise ParseError("cut_off", f"at {max_tokens} tokens{remedy}")
    if finish in WITHHELD:
        raise ParseError(finish)
    if finish == "reasoning":
        raise ParseError("only_reasoning", "the model ended without an answer")
    if finish not in ("stop", "length"):
        raise ParseError("not_finished", finish)
    if len(response.text) > LONGEST_TOKEN * max_tokens:
        raise ParseError("too_long", f"{len(response.text)} characters, against {max_tokens} tokens allowed")


def plain_text(text: str) -> str:
    """The text of a response that should be prose, stripped. Raises ParseError for none, and for NUL, U+FFFD and lone surrogates."""
    stripped = text.strip()
    if not stripped:
        raise ParseError("empty")
    odd = next((char for char in stripped if char in "\0\ufffd" or 0xD800 <= ord(char) < 0xE000), None)
    if odd is not None:
        raise ParseError("broken_characters", f"U+{ord(odd):04X} at {stripped.index(odd)}")
    return stripped

"""What a step makes of a response's text: the plain text, or a ParseError that names what is wrong with it."""

from __future__ import annotations


class ParseError(ValueError):
    """A response that cannot be used.

    Args:
        reason: in snake_case, as `rejects.parquet` has it.
        detail: what is wrong, in words.
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


def plain_text(text: str) -> str:
    """The text of a response that should be prose, stripped. Raises ParseError for none, and for NUL, U+FFFD and lone surrogates."""
    stripped = text.strip()
    if not stripped:
        raise ParseError("empty")
    odd = next((char for char in stripped if char in "\0\ufffd" or 0xD800 <= ord(char) < 0xE000), None)
    if odd is not None:
        raise ParseError("broken_characters", f"U+{ord(odd):04X} at {stripped.index(odd)}")
    return stripped

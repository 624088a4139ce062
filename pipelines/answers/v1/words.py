"""A model's words as a table and a page take them."""

from __future__ import annotations

from xlforge.requests.request import unicode_only


def writable_text(text: str) -> str:
    """The text with U+FFFD for NUL and lone surrogates, and without blanks around it."""
    return unicode_only(text).replace("\0", "\ufffd").strip()

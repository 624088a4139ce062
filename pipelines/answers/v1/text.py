"""A model's text as parquet files and the report can hold it."""

from __future__ import annotations

from xlforge.requests.request import unicode_only


def writable_text(text: str) -> str:
    """The text stripped, with U+FFFD for NUL and lone surrogates."""
    return unicode_only(text).replace("\0", "\ufffd").strip()

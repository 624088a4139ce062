"""A row on its way through a pipeline, and the mark that rejects it."""

from __future__ import annotations

from typing import Any

Row = dict[str, Any]


def reject(reason: str, detail: str = "", raw: str = "") -> dict[str, str]:
    """The mark under `reject`: later steps pass the row by, and the stage writes it to `rejects.parquet`.

    Args:
        reason: in snake_case.
        detail: what is wrong, in words.
        raw: the text that could not be used, as it came.
    """
    return {"reason": reason, "detail": writable(detail), "raw": writable(raw)}


def writable(text: str) -> str:
    """Text as parquet takes it: lone surrogates, which are not valid in UTF-8, as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()

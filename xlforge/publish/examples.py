"""Examples for a card: one of each language, chosen by a hash of the id, so that equal builds show the same."""

from __future__ import annotations

import hashlib
from typing import Any

import polars as pl

from xlforge.languages.registry import LANGUAGES

LONGEST = 1200
"""Characters of one text that a card shows."""


def examples(rows: pl.DataFrame, codes: list[str]) -> list[dict[str, Any]]:
    """name (of the language), id, quality, prompt, completion; texts cut at LONGEST."""
    return [_told(row) for code in codes if (row := chosen(rows.filter(pl.col("language") == code)))]


def chosen(rows: pl.DataFrame) -> dict[str, Any] | None:
    """The row whose id has the least hash; None of no rows."""
    if rows.is_empty():
        return None
    least = min(rows["id"], key=lambda name: hashlib.sha256(str(name).encode()).digest())
    return rows.row(by_predicate=pl.col("id") == least, named=True)


def cut(text: str) -> str:
    """A text as a card shows it."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} … ({len(text) - LONGEST} more characters)"


def _told(row: dict[str, Any]) -> dict[str, Any]:
    return {
        "name": LANGUAGES[row["language"]].name,
        "id": row["id"],
        "quality": row["qe"]["quality"] if row["qe"] else None,
        "prompt": cut(row["prompt"][0]["content"]),
        "completion": cut(row["completion"][0]["content"]),
    }

"""What each stage received, what it delivered and what it rejected; and the same by language."""

from __future__ import annotations

from collections import Counter
from typing import Any

import polars as pl

from xlforge.config.dag import stages
from xlforge.languages.registry import LANGUAGES
from xlforge.report.built import Built


def funnel(built: Built) -> list[dict[str, Any]]:
    """One row a stage: description, and the counts received, kept, unsampled, rejected, and reasons (most frequent first)."""
    rows = []
    for stage in built.stages:
        metrics = [built.metrics(stage, item) for item in built.items(stage)]
        kept, rejected, unsampled = (
            sum(one.get(key, 0) for one in metrics) for key in ("rows", "rejects", "not_sampled")
        )
        reasons: Counter[str] = Counter()
        for one in metrics:
            reasons.update(one["reasons"])
        counts = {"received": kept + rejected + unsampled, "kept": kept, "unsampled": unsampled, "rejected": rejected}
        rows.append({"stage": stage, "description": stages()[stage].description, "reasons": ordered(reasons), **counts})
    return rows


def languages(built: Built) -> list[dict[str, Any]]:
    """One row a language: its metrics of translation and selection; its examples, and their mean length in characters."""
    length = pl.col("completion").list.first().struct.field("content").str.len_chars().mean()
    examples = built.table("dataset").group_by("language").agg(examples=pl.len(), length=length)
    found = {row["language"]: row for row in examples.to_dicts()}
    rows = []
    for code in built.config.languages:
        selection = built.metrics("selection", code)
        row = {"code": code, "resources": LANGUAGES[code].resources, "reasons": ordered(selection["reasons"])}
        row |= {"translations": built.metrics("translations", code), "selection": selection}
        rows.append(row | found.get(code, {"examples": 0, "length": None}))
    return rows


def ordered(reasons: dict[str, int]) -> list[tuple[str, int]]:
    """Reasons with their counts, the most frequent first."""
    return sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))

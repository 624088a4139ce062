"""How grades, quality estimates and lengths are distributed: counts in bins for the charts, quantiles for the tables."""

from __future__ import annotations

from collections.abc import Sequence
from math import floor
from typing import Any

import polars as pl

from xlforge.report.built import Built

GRADES = ("precision", "informativeness", "naturalness", "objectivity")
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
BINS = 24


def grades(built: Built) -> list[dict[str, Any]]:
    """One row a dimension: counts of the grades 1 to 5 among the pairs kept, and the mean over all that were graded."""
    means = built.metrics["scores", ""]["grades"]
    rows = []
    for name in GRADES:
        counts = dict(built.scores.group_by(name).len().iter_rows())
        rows.append({"name": name, "counts": [counts.get(grade, 0) for grade in range(1, 6)], "mean": means.get(name)})
    return rows


def qualities(built: Built) -> list[dict[str, Any]]:
    """The quality estimates of the candidates that passed the checks, a language each."""
    parts = {code: built.candidates.filter(pl.col("language") == code)["quality"].drop_nulls() for code in built.codes}
    lowest = min((float(part.min()) for part in parts.values() if len(part)), default=0.0)  # type: ignore[arg-type]
    low = floor(lowest * 20) / 20
    return [spread(part, code, low, 1.0) | {"what": ""} for code, part in parts.items()]


def lengths(built: Built) -> list[dict[str, Any]]:
    """Lengths in characters: of questions and English answers, and of the chosen translations by language."""
    parts = [
        ("questions", "en", built.scores["instruction"]),
        ("answers", "en", built.scores["response"]),
        *(
            ("translations", code, built.chosen.filter(pl.col("language") == code)["translation"])
            for code in built.codes
        ),
    ]
    high = max([1, *(int(length) for _, _, part in parts for length in part.str.len_chars().top_k(1))])
    return [spread(part.str.len_chars(), code, 0, high) | {"what": what} for what, code, part in parts]


def spread(values: pl.Series, code: str, low: float, high: float) -> dict[str, Any]:
    """counts in BINS equal bins over [low, high], the last one closed; quantiles by nearest rank; mean."""
    counts = [0] * BINS
    width = (high - low) / BINS or 1.0
    for value in values.to_list():
        counts[min(BINS - 1, max(0, floor((value - low) / width)))] += 1
    return {
        "code": code,
        "low": low,
        "high": high,
        "counts": counts,
        "count": len(values),
        "quantiles": quantiles(values),
        "mean": values.mean(),
    }


def quantiles(values: pl.Series) -> Sequence[float | None]:
    """At QUANTILES; None where there is no value."""
    return [values.quantile(share, interpolation="nearest") for share in QUANTILES]

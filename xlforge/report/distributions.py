"""How grades, quality estimates and lengths are distributed: counts in bins for the charts, quantiles for the tables."""

from __future__ import annotations

from math import floor
from typing import Any

import numpy as np
import polars as pl

from xlforge.report.built import Built

GRADES = ("precision", "informativeness", "naturalness", "objectivity")
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
BINS = 24


def grades(built: Built) -> list[dict[str, Any]]:
    """One row a dimension: counts of the grades 1 to 5 among the kept pairs, and the mean over all graded pairs."""
    kept, means = built.table("scores"), built.metrics("scores")["grades"]
    return [
        {"name": name, "mean": means.get(name), "counts": [(kept[name] == grade).sum() for grade in range(1, 6)]}
        for name in GRADES
    ]


def qualities(built: Built) -> list[dict[str, Any]]:
    """The quality estimates of the candidates that passed the checks, by language."""
    fit = built.table("selection", "candidates").drop_nulls("quality")
    low = floor((fit["quality"].to_numpy().min(initial=1.0) if len(fit) else 0.0) * 20) / 20
    return [spread(fit.filter(language=code)["quality"], code, "", low, 1.0) for code in built.config.languages]


def lengths(built: Built) -> list[dict[str, Any]]:
    """Lengths in characters: of questions and English answers, and of the chosen translations by language."""
    pairs, chosen = built.table("scores"), built.table("selection")
    texts = [("questions", "en", pairs["instruction"]), ("answers", "en", pairs["response"])]
    texts += [("translations", code, chosen.filter(item=code)["translation"]) for code in built.config.languages]
    parts = [(what, code, part.str.len_chars()) for what, code, part in texts]
    high = max([1, *(int(length) for _, _, part in parts for length in part.top_k(1))])
    return [spread(part, code, what, 0, high) for what, code, part in parts]


def spread(values: pl.Series, code: str, what: str, low: float, high: float) -> dict[str, Any]:
    """Values in BINS equal bins over [low, high], their quantiles by nearest rank, and their mean; None where there is no value."""
    counts, _ = np.histogram(values.to_numpy(), BINS, (low, high) if low < high else (high - 1, high))
    ranks = [values.quantile(share, interpolation="nearest") for share in QUANTILES]
    numbers = {"counts": counts.tolist(), "count": len(values), "quantiles": ranks, "mean": values.mean()}
    return {"what": what, "code": code, "low": low, "high": high} | numbers

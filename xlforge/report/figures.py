"""The figures of the page: what each stage delivered, how grades, estimates and lengths are distributed, and what training gave."""

from collections import Counter
from math import ceil, floor
from typing import Any

import numpy as np
import polars as pl

from xlforge.config.dag import stages
from xlforge.languages.registry import LANGUAGES
from xlforge.report.built import Built
from xlforge.report.labels import called

SETS = {"crosslingual": "cross-lingual", "english": "English", "same_language": "same language"}
POINTS = 150
"""Points of a loss curve, at most."""
GRADES = ("precision", "informativeness", "naturalness", "objectivity")
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
BINS = 24
Row = dict[str, Any]


def funnel(built: Built) -> list[dict[str, Any]]:
    """One row a stage: description, and the counts received, kept, unsampled, rejected, and reasons (most frequent first)."""
    rows = []
    for stage in built.stages:
        metrics = [built.metrics(stage, item) for item in built.items(stage)]
        keys = ("rows", "rejects", "not_sampled")
        kept, rejected, unsampled = (sum(one.get(key, 0) for one in metrics) for key in keys)
        reasons = sum((Counter(one["reasons"]) for one in metrics), Counter[str]())
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


def grades(built: Built) -> list[dict[str, Any]]:
    """One row a dimension: counts of the grades 1 to 5 among the kept pairs, and the mean over all graded pairs."""
    kept, means = built.table("scores"), built.metrics("scores")["grades"]
    counts = {name: [(kept[name] == grade).sum() for grade in range(1, 6)] for name in GRADES}
    return [{"name": name, "mean": means.get(name), "counts": counts[name]} for name in GRADES]


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


def students(built: Built) -> list[Row]:
    """One row a student: its recipe, its metrics, and its loss as (step, mean loss)."""
    return [
        {"name": name, "recipe": recipe, "metrics": built.metrics("student", name), "points": curve(built, name)}
        for name, recipe in built.config.students.items()
    ]


def curve(built: Built, student: str) -> list[tuple[float, float]]:
    """The mean step and loss of at most POINTS equal parts of a training."""
    loss = built.csv("loss.csv", "student", student).select("step", "loss")
    size = max(1, ceil(len(loss) / POINTS))
    return [part.mean().row(0) for part in loss.iter_slices(size)]


def by_model(built: Built, table: list[Row]) -> list[Row]:
    """The rows of the evaluation's table as one row a model: its name, and its figures by (set, group)."""
    return [
        {"name": name, "figures": {(row["set"], row["language"]): row for row in table if row["model"] == name}}
        for name in built.config.models
    ]


def groups(table: list[Row]) -> list[tuple[str, str]]:
    """The (set, group) pairs in order: cross-lingual first, and the means of a set before its languages."""
    return sorted({(row["set"], row["language"]) for row in table}, key=_order)


def _order(pair: tuple[str, str]) -> tuple[int, int, str]:
    means = ("mean", "zero_shot")
    return [*SETS].index(pair[0]), means.index(pair[1]) if pair[1] in means else len(means), called(pair[1])


def limits(rows: list[Row], *names: str) -> tuple[float, float]:
    """The ends of an axis in whole tens: it shows all the figures named, and 0."""
    values = [0.0, *(row[name] for row in rows for name in names if row[name] is not None)]
    return 10.0 * floor(min(values) / 10), 10.0 * (ceil(max(values) / 10) or 1)

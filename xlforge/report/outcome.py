"""What training on the dataset gave: loss curves, win rates with intervals, differences, pass rates."""

from __future__ import annotations

from math import ceil, floor
from typing import Any

from xlforge.report.built import Built
from xlforge.report.labels import called

SETS = {"crosslingual": "cross-lingual", "english": "English", "same_language": "same language"}
POINTS = 150
"""Points of a loss curve, at most."""
Row = dict[str, Any]


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

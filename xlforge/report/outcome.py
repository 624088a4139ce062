"""What the dataset bought: training curves, win rates with intervals, differences, pass rates."""

from __future__ import annotations

from math import ceil, floor
from typing import Any

import polars as pl

from xlforge.report.built import Built, called

SETS = {"crosslingual": "cross-lingual", "english": "English", "same_language": "same language"}
POINTS = 150


def students(built: Built) -> list[dict[str, Any]]:
    """One row a student: what it was told to learn, what its metrics say, and its loss as (step, mean) of at most POINTS stretches."""
    rows = []
    for name, student in built.params.students.items():
        metrics = built.metrics["student", name]
        rows.append({"name": name, "given": student, "metrics": metrics, "points": _stretches(built.losses[name])})
    return rows


def _stretches(loss: pl.DataFrame) -> list[tuple[float, float]]:
    long = max(1, -(-len(loss) // POINTS))
    means = loss.group_by((pl.col("step") - 1) // long, maintain_order=True).agg(
        pl.col("step").mean().alias("at"), pl.col("loss").mean()
    )
    return [(row[1], row[2]) for row in means.iter_rows()]


def win_rates(built: Built) -> list[dict[str, Any]]:
    """One row a model: its figures by set and group, as (set, group) → row of the evaluation's table."""
    models: dict[str, dict[tuple[str, str], dict[str, Any]]] = {name: {} for name in built.params.models}
    for row in built.table.to_dicts():
        models[row["model"]][row["set"], row["language"]] = row
    return [{"name": name, "figures": figures} for name, figures in models.items()]


def groups(built: Built) -> list[tuple[str, str]]:
    """(set, group) in the order of the table: cross-lingual first, a set's means before its languages."""
    have = list(dict.fromkeys(built.table.select("set", "language").rows()))
    first = ("mean", "zero_shot")
    order = [*SETS]
    return sorted(
        have, key=lambda pair: (order.index(pair[0]), first.index(pair[1]) if pair[1] in first else 2, called(pair[1]))
    )


def reach(rows: list[dict[str, Any]], *names: str) -> tuple[float, float]:
    """The range that an axis must show, in whole tens: of all the figures named, and 0."""
    values = [0.0, *(row[name] for row in rows for name in names if row[name] is not None)]
    return 10.0 * floor(min(values) / 10), 10.0 * (ceil(max(values) / 10) or 1)

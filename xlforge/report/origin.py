"""What the build cost, and what it was made with.

Equal builds give an equal page, so the cost is what was requested, whether a response was generated or came from the cache. What a run
generated, and how long it took, is in the run log.
"""

from itertools import groupby
from typing import Any

import polars as pl

from xlforge.config.dag import position
from xlforge.config.models import Model
from xlforge.config.params import staged
from xlforge.config.students import Base
from xlforge.report.built import Built

FEW = 3
"""How many fingerprints of one prompt file are listed; a benchmark has hundreds of prompts of its own."""
USAGE = ("requests", "tokens_in", "tokens_out")


def calls(built: Built) -> pl.DataFrame:
    """Every model call behind rows and rejects, once: stage, prompt, key, fault.

    A row carries the calls of the rows that it was made from, so a call stands in the provenance of many rows.
    """
    parts = [built.scan(stage, table) for stage in built.stages for table in ("rows", "rejects")]
    parts = [part for part in parts if "provenance" in part.collect_schema()]
    calls_of_a_row = pl.col("provenance").list.explode(empty_as_null=False)
    every = pl.concat(part.select(calls_of_a_row).unnest("provenance") for part in parts)
    return every.select("stage", "prompt", "key", "fault").unique().collect()


def cost(built: Built, made: pl.DataFrame) -> list[dict[str, Any]]:
    """One row a stage that calls models: its rows, the calls behind them, retries among these, and requests and tokens.

    Args:
        built: the build.
        made: its `calls`.
    """
    rows = []
    for stage in built.stages:
        metrics = [built.metrics(stage, item) for item in built.items(stage)]
        own = made.filter(pl.col("key").is_not_null(), stage=stage)
        used = [one["requests"] for one in metrics if "requests" in one]
        if used or len(own):
            counts = {"stage": stage, "rows": sum(one["rows"] for one in metrics), "calls": own["key"].n_unique()}
            counts["retries"] = own.drop_nulls("fault")["key"].n_unique()
            rows.append(counts | {key: sum(one[key] for one in used) if used else None for key in USAGE})
    return rows


def models(built: Built) -> list[dict[str, str]]:
    """One row a model: its role, its name, its revision and its engine."""
    roles: dict[str, Model | Base] = {role: built.config.role(role) for role in ("teacher", "judge", "estimator")}
    roles |= {f"translator {name}": model for name, model in built.config.translators.items()}
    roles |= {f"base {name}": base for name, base in built.config.bases.items()}
    pinned = {role: {"model": model.model, "revision": model.revision or "–"} for role, model in roles.items()}
    engines = {role: getattr(model, "engine", "transformers") for role, model in roles.items()}
    return [{"role": role, "engine": engines[role], **pinned[role]} for role in roles]


def versions(built: Built, made: pl.DataFrame) -> list[tuple[str, str, list[str]]]:
    """Stage, version of its pipeline, and the prompts behind its rows: `file@fingerprint`, or a count where a file has many."""
    rows = []
    for stage in sorted(staged(), key=position):
        prompts = made.filter(stage=stage)["prompt"].drop_nulls().unique().sort()
        named: list[str] = []
        for name, group in groupby(prompts, key=lambda prompt: prompt.split("@")[0]):
            found = list(group)
            named += found if len(found) <= FEW else [f"{name} ({len(found)} different)"]
        rows.append((stage, built.config.block(stage).version, named))
    return rows

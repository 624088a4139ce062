"""Which rows a page holds when it cannot hold all: the same number of every stage, language and reason, as far as there are so many.

Rows are drawn by a hash of their seed, so that equal builds give equal samples and the languages of a seed come together.
"""

from __future__ import annotations

import hashlib

import polars as pl

from xlforge.languages.registry import LANGUAGES
from xlforge.report.built import Built


def drawn(built: Built) -> pl.DataFrame:
    """Every row there is, in the order in which they are taken: stage, item, language, reason, id, seed, place (of the stage)."""
    keys = ("stage", "item", "language", "reason", "id", "seed")
    stages = dict.fromkeys(("dataset", *(stage for stage, _ in built.metrics), "prompts"))
    places = {stage: place for place, stage in enumerate(stages)}
    examples = built.examples.select(
        "id", "language", stage=pl.lit("dataset"), item=pl.lit(""), reason=pl.lit(""), seed=pl.col("seed_id")
    )
    aside = built.rejects.select(
        "id", "stage", "item", "reason", language=language_of(), seed=pl.col("id").str.split("/").list.first()
    )
    prompts = built.benchmark.select(
        "id", "language", stage=pl.lit("prompts"), item=pl.col("set"), reason=pl.lit(""), seed=pl.col("prompt_id")
    )
    every = pl.concat([part.select(keys) for part in (examples, aside, prompts)]).with_columns(
        hash=pl.col("seed").map_elements(_hash, return_dtype=pl.String),
        place=pl.col("stage").replace_strict(places, return_dtype=pl.Int64),
    )
    group = ("place", "stage", "item", "language", "reason")
    ordered = every.sort("hash", "id").with_columns(rank=pl.int_range(pl.len()).over(group))
    return ordered.sort("rank", *group, "id").drop("hash", "rank")


def language_of() -> pl.Expr:
    """The language of what was set aside, as its stage's ids tell it; empty for a passage, which may be in any."""
    parts = pl.col("id").str.split("/")
    stage = pl.col("stage")
    code = (
        pl.when(stage.is_in(["translations", "selection"]))
        .then("item")
        .when(stage.is_in(["instructions", "responses", "scores"]))
        .then(pl.lit("en"))
        .when(stage == "verdicts")
        .then(parts.list.get(-2, null_on_oob=True))
        .otherwise(parts.list.last())
    )
    return pl.when(code.is_in(list(LANGUAGES))).then(code).otherwise(pl.lit(""))


def _hash(seed: str) -> str:
    return hashlib.blake2b(seed.encode(), digest_size=8).hexdigest()

"""The order in which a page takes rows when it cannot hold all: in turn from every group of stage, language and reason.

The rows of a group are ordered by a hash of their seed, so equal builds give equal samples and the languages of a seed come together.
"""

from __future__ import annotations

import hashlib

import polars as pl

from xlforge.languages.registry import LANGUAGES
from xlforge.report.built import Built

EXAMPLES = "dataset"
"""The stage whose rows are training examples."""
PROMPTS = "prompts"
"""The name under which the page shows the benchmark's prompts with the models' answers."""
_GROUP = ("stage", "item", "language", "reason")


def sampled(built: Built) -> pl.DataFrame:
    """Every row that a page may hold, in the order in which they are taken: stage, item, language, reason, id, seed."""
    stages = pl.Enum(list(dict.fromkeys((EXAMPLES, *built.stages, PROMPTS))))
    example = {"stage": pl.lit(EXAMPLES), "item": pl.lit(""), "reason": pl.lit("")}
    seed = pl.col("id").str.split("/").list.first()
    examples = built.table(EXAMPLES).select("id", "language", seed="seed_id", **example)
    rejects = built.rejects.select("id", "stage", "item", "reason", language=_language(built.stages[0]), seed=seed)
    prompt = {"stage": pl.lit(PROMPTS), "item": pl.col("set"), "reason": pl.lit("")}
    prompts = built.table("benchmark").select("id", "language", seed="prompt_id", **prompt)
    hashed = pl.col("seed").map_elements(_hash, return_dtype=pl.String)
    rows = pl.concat([examples, rejects, prompts], how="diagonal")
    rows = rows.with_columns(pl.col("stage").cast(stages), hash=hashed)
    ranked = rows.sort("hash", "id").with_columns(rank=pl.int_range(pl.len()).over(_GROUP))
    return ranked.sort("rank", *_GROUP, "id").drop("hash", "rank")


def _language(first: str) -> pl.Expr:
    """The language of a reject: its item, or a part of its id, or English. That of a passage is not known: it is empty."""
    parts = pl.concat_list(pl.col("id").str.split("/"), "item")
    code = parts.list.eval(pl.element().filter(pl.element().is_in(list(LANGUAGES)))).list.last()
    return code.fill_null(pl.col("stage").replace_strict({first: ""}, default="en", return_dtype=pl.String))


def _hash(seed: str) -> str:
    return hashlib.blake2b(seed.encode(), digest_size=8).hexdigest()

"""The checks of v2, after a cleaning that keeps the indentation of code, and after personal data are found in every text of a row."""

from __future__ import annotations

from collections import Counter

import polars as pl

from pipelines.seeds.v1.judging import _rejected
from pipelines.seeds.v1.overlap import Prompts
from pipelines.seeds.v2.judging import _by_language, _by_length, _by_prompts, with_given_cleaned
from pipelines.seeds.v3.cleaning import cleaned
from pipelines.seeds.v3.personal import KINDS, masked
from pipelines.seeds.v3.schema import GIVEN, Params

_FOUND = [f"found_{kind}" for kind in KINDS]


def judged(
    rows: pl.DataFrame, params: Params, prompts: Prompts | None
) -> tuple[pl.DataFrame, Counter[str], Counter[str]]:
    """The rows with passage, chars, english, reason and detail, and two counts: texts changed by rule of cleaning, personal data by kind.

    Args:
        rows: with the columns `original`, `fault`, `instruction`, `response` and `is_answer` (whether the answer is the passage).
        params: of the stage.
        prompts: those that no row may give away.

    Returns:
        The rows, whose reason is null where the row passes, and both counts, over all rows.
    """
    rows, touched = with_given_cleaned(rows)
    readable = pl.col("fault").is_null() & ~pl.col("is_answer")
    clean, more = cleaned(rows.select(pl.when(readable).then("original").otherwise(pl.lit(""))).to_series())
    rows = _with_personal(rows.hstack(clean), mask=params.personal_data == "mask")
    passage = pl.when("is_answer").then(pl.col("response").fill_null("")).otherwise("passage")
    rows = rows.with_columns(passage=passage)
    rows = _by_length(rows.with_columns(chars=pl.col("passage").str.len_chars().cast(pl.Int64)), params)
    rows = _by_language(rows, params.min_english)
    rows = _by_prompts(rows, prompts) if prompts else rows
    if params.personal_data == "reject":
        parts = [pl.format(f"{{}} {kind}", name) for kind, name in zip(KINDS, _FOUND, strict=True)]
        detail = pl.concat_list(
            [pl.when(pl.col(name) > 0).then(part) for name, part in zip(_FOUND, parts, strict=True)]
        )
        found = pl.sum_horizontal(_FOUND) > 0
        rows = _rejected(rows, "personal_data", found, detail.list.drop_nulls().list.join(", "))
    totals = Counter({kind: int(rows[name].sum()) for kind, name in zip(KINDS, _FOUND, strict=True)})
    touched = +touched
    touched.update(more)
    return rows, touched, totals


def _with_personal(rows: pl.DataFrame, mask: bool) -> pl.DataFrame:
    """With the number of finds by kind over all texts; an answer that is also the passage counts once."""
    counts = pl.DataFrame({kind: pl.zeros(len(rows), pl.Int64, eager=True) for kind in KINDS})
    for name in ("passage", *GIVEN):
        texts, found = masked(rows[name])
        counts += found
        if mask:
            rows = rows.with_columns(texts.alias(name))
    return rows.with_columns(counts[kind].alias(name) for kind, name in zip(KINDS, _FOUND, strict=True))

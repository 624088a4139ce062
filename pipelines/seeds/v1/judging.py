"""Reasons to reject a passage that need no other passage, in the order of `schema.REASONS`."""

from __future__ import annotations

import polars as pl

from pipelines.seeds.v1.cleaning import cleaned
from pipelines.seeds.v1.english import english
from pipelines.seeds.v1.overlap import Prompts
from pipelines.seeds.v1.schema import Params
from pipelines.seeds.v1.shingles import Words

_UNDECIDED = pl.col("reason").is_null()


def judged(rows: pl.DataFrame, params: Params, prompts: Prompts | None) -> tuple[pl.DataFrame, dict[str, int]]:
    """The rows with passage, chars, english, reason and detail, and how many texts each rule of cleaning changed.

    Args:
        rows: with the columns `original` and `fault`.
        params: of the stage.
        prompts: those that no passage may give away.

    Returns:
        The rows, whose reason is null where the passage passes, and the counts by rule.
    """
    texts = rows.select(pl.when(pl.col("fault").is_null()).then("original").otherwise(pl.lit(""))).to_series()
    clean, touched = cleaned(texts)
    rows = rows.hstack(clean).with_columns(chars=pl.col("passage").str.len_chars().cast(pl.Int64))
    rows = _by_form(rows, params)
    rows = _by_language(rows, params)
    return (_by_prompts(rows, prompts) if prompts else rows), touched


def _by_form(rows: pl.DataFrame, params: Params) -> pl.DataFrame:
    chars, share = pl.col("chars"), pl.col("boilerplate")
    is_boilerplate = pl.format(
        f"{{}} of the letters belong to the page, at most {params.max_boilerplate} allowed: {{}}",
        share.round(2),
        pl.col("dropped").list.join(", "),
    )
    is_short = pl.format(f"{{}} characters, at least {params.min_chars} wanted", chars)
    is_long = pl.format(f"{{}} characters, at most {params.max_chars} allowed", chars)
    cases = (
        ("unreadable", pl.col("fault").is_not_null(), pl.col("fault")),
        ("empty", (pl.col("passage") == "") & (share == 0), pl.lit("nothing is left after cleaning")),
        ("boilerplate", share > params.max_boilerplate, is_boilerplate),
        ("too_short", chars < params.min_chars, is_short),
        ("too_long", chars > params.max_chars, is_long),
    )
    return rows.with_columns(
        reason=pl.coalesce(*(pl.when(applies).then(pl.lit(reason)) for reason, applies, _ in cases)),
        detail=pl.coalesce(*(pl.when(applies).then(detail) for _, applies, detail in cases), pl.lit("")),
    )


def _by_language(rows: pl.DataFrame, params: Params) -> pl.DataFrame:
    places = rows.select(_UNDECIDED).to_series().arg_true()
    shares, languages = english(rows["passage"].gather(places).to_list())
    share = pl.Series([0.0]).new_from_index(0, len(rows)).scatter(places, pl.Series(shares, dtype=pl.Float64))
    language = pl.Series([""]).new_from_index(0, len(rows)).scatter(places, pl.Series(languages, dtype=pl.String))
    likely = pl.coalesce(
        pl.when(pl.lit(language) == "").then(pl.lit("no language is clear")),
        pl.format("most seems {}", pl.lit(language)),
    )
    detail = pl.format(f"{{}} of it is English, at least {params.min_english} wanted; {{}}", pl.lit(share), likely)
    return _rejected(rows.with_columns(english=share), "not_english", pl.col("english") < params.min_english, detail)


def _by_prompts(rows: pl.DataFrame, prompts: Prompts) -> pl.DataFrame:
    places = rows.select(_UNDECIDED).to_series().arg_true()
    found = prompts.given_away(Words(rows["passage"].gather(places)))
    overlap = pl.Series([None], dtype=pl.String).new_from_index(0, len(rows))
    overlap = overlap.scatter(places.gather(list(found)), pl.Series(list(found.values()), dtype=pl.String))
    return _rejected(rows, "overlaps_prompt", pl.lit(overlap).is_not_null(), pl.lit(overlap))


def _rejected(rows: pl.DataFrame, reason: str, applies: pl.Expr, detail: pl.Expr) -> pl.DataFrame:
    """The rows with a reason where it applies and none was found before."""
    now = pl.when(_UNDECIDED & applies)
    return rows.with_columns(
        reason=now.then(pl.lit(reason)).otherwise("reason"), detail=now.then(detail).otherwise("detail")
    )

"""What speaks against a passage by itself: the reasons that need no other passage, asked in the order of `schema.REASONS`."""

from __future__ import annotations

import polars as pl

from pipelines.seeds.v1.cleaning import cleaned
from pipelines.seeds.v1.english import english
from pipelines.seeds.v1.overlap import Prompts
from pipelines.seeds.v1.schema import Params
from pipelines.seeds.v1.shingles import Words

_UNDECIDED = pl.col("reason").is_null()


def judged(rows: pl.DataFrame, params: Params, prompts: Prompts | None) -> tuple[pl.DataFrame, dict[str, int]]:
    """rows: original and fault. Adds passage, chars, english, reason and detail (reason null: nothing speaks against it).

    Also says how many texts each rule of cleaning changed.
    """
    texts = rows.select(pl.when(pl.col("fault").is_null()).then("original").otherwise(pl.lit(""))).to_series()
    clean, touched = cleaned(texts)
    rows = rows.hstack(clean).with_columns(chars=pl.col("passage").str.len_chars().cast(pl.Int64))
    rows = _by_form(rows, params)
    rows = _by_language(rows, params)
    return (_by_prompts(rows, prompts) if prompts else rows), touched


def _by_form(rows: pl.DataFrame, params: Params) -> pl.DataFrame:
    passage, chars, share = pl.col("passage"), pl.col("chars"), pl.col("boilerplate")
    cases = (
        ("unreadable", pl.col("fault").is_not_null(), pl.col("fault")),
        ("empty", (passage == "") & (share == 0), pl.lit("nothing is left after cleaning")),
        (
            "boilerplate",
            share > params.boilerplate,
            pl.format(
                f"{{}} of the letters belong to the page, at most {params.boilerplate} allowed: {{}}",
                share.round(2),
                pl.col("dropped").list.join(", "),
            ),
        ),
        (
            "too_short",
            chars < params.min_chars,
            pl.format(f"{{}} characters, at least {params.min_chars} wanted", chars),
        ),
        (
            "too_long",
            chars > params.max_chars,
            pl.format(f"{{}} characters, at most {params.max_chars} allowed", chars),
        ),
    )
    return rows.with_columns(
        reason=pl.coalesce(*(pl.when(applies).then(pl.lit(reason)) for reason, applies, _ in cases)),
        detail=pl.coalesce(*(pl.when(applies).then(told) for _, applies, told in cases), pl.lit("")),
    )


def _by_language(rows: pl.DataFrame, params: Params) -> pl.DataFrame:
    asked = rows.select(_UNDECIDED).to_series().arg_true()
    shares, languages = english(rows["passage"].gather(asked).to_list())
    share = pl.Series([0.0]).new_from_index(0, len(rows)).scatter(asked, pl.Series(shares, dtype=pl.Float64))
    language = pl.Series([""]).new_from_index(0, len(rows)).scatter(asked, pl.Series(languages, dtype=pl.String))
    rows = rows.with_columns(english=share, language=language)
    seems = (
        pl.when(pl.col("language") == "")
        .then(pl.lit("no language is clear"))
        .otherwise(pl.format("most seems {}", "language"))
    )
    told = pl.format(f"{{}} of it is English, at least {params.english} wanted; {{}}", "english", seems)
    return _decided(rows, "not_english", pl.col("english") < params.english, told)


def _by_prompts(rows: pl.DataFrame, prompts: Prompts) -> pl.DataFrame:
    asked = rows.select(_UNDECIDED).to_series().arg_true()
    found = prompts.given_away(Words(rows["passage"].gather(asked)))
    told = pl.Series([None], dtype=pl.String).new_from_index(0, len(rows))
    told = told.scatter(asked.gather(list(found)), pl.Series(list(found.values()), dtype=pl.String))
    return _decided(
        rows.with_columns(overlap=told), "overlaps_prompt", pl.col("overlap").is_not_null(), pl.col("overlap")
    )


def _decided(rows: pl.DataFrame, reason: str, applies: pl.Expr, told: pl.Expr) -> pl.DataFrame:
    now = _UNDECIDED & applies
    return rows.with_columns(
        reason=pl.when(now).then(pl.lit(reason)).otherwise("reason"), detail=pl.when(now).then(told).otherwise("detail")
    )

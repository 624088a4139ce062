"""Reasons to reject a passage that need no other passage, in the order of `schema.REASONS`."""

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
    undecided = rows.filter(_UNDECIDED)
    shares, languages = english(undecided["passage"].to_list())
    found = {"english": pl.Series(shares, dtype=pl.Float64), "language": pl.Series(languages, dtype=pl.String)}
    rows = rows.join(undecided.select("id", **found), on="id", how="left", maintain_order="left")
    share, language = pl.col("english").fill_null(0.0), pl.col("language")
    likely = (
        pl.when(language == "").then(pl.lit("no language is clear")).otherwise(pl.format("most seems {}", language))
    )
    detail = pl.format(f"{{}} of it is English, at least {params.min_english} wanted; {{}}", share, likely)
    return _rejected(rows.with_columns(english=share), "not_english", share < params.min_english, detail)


def _by_prompts(rows: pl.DataFrame, prompts: Prompts) -> pl.DataFrame:
    undecided = rows.filter(_UNDECIDED)
    found = prompts.given_away(Words(undecided["passage"]))
    overlap = pl.Series(list(found.values()), dtype=pl.String)
    overlaps = pl.DataFrame({"id": undecided["id"].gather(list(found)), "overlap": overlap})
    rows = rows.join(overlaps, on="id", how="left", maintain_order="left")
    return _rejected(rows, "overlaps_prompt", pl.col("overlap").is_not_null(), pl.col("overlap"))


def _rejected(rows: pl.DataFrame, reason: str, applies: pl.Expr, detail: pl.Expr) -> pl.DataFrame:
    """The rows with a reason where it applies and none was found before."""
    now = pl.when(_UNDECIDED & applies)
    columns = {"reason": pl.lit(reason), "detail": detail}
    return rows.with_columns(**{name: now.then(value).otherwise(name) for name, value in columns.items()})

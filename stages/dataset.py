"""dataset: every language's chosen translations and the English pairs, as one loadable dataset."""

from __future__ import annotations

import polars as pl

from xlforge.core.rows import split
from xlforge.core.spine import Build, main, refuse_leftovers

GRADES = ("precision", "informativeness", "naturalness", "objectivity", "mean")
ESTIMATES = ("quality", "round_trip", "likelihood", "comet", "candidate", "fit")
ASKED = ("id", "language", "instruction", "answer")


def work(build: Build) -> None:
    """Joins the chosen translations with their English pairs and writes the configs."""
    codes = [code for code in build.everything["languages"] if code != "en"]
    refuse_leftovers({"translations": codes, "selection": codes})
    scores = build.rows("scores")
    pairs = english(scores, build.schema.QE)
    rows = pl.concat([pairs, *(translated(build.rows("selection", code), pairs) for code in codes)]).sort("id")
    # Only what the pipeline reads goes through its processes; the rest waits here.
    made, rejects = split(build.run(rows.select(ASKED).to_dicts()), build.schema.Rows)
    kept = rows.join(made.select("id", "prompt", "completion"), on="id", maintain_order="left").select(made.columns)
    build.deliver_frames(kept, rejects, expected=rows["id"].to_list())
    examples = pl.read_parquet(build.out / "rows.parquet")
    layout = build.module("configs")
    layout.write_configs(build.out, layout.configs(examples, scores), codes)


def english(scores: pl.DataFrame, estimates: pl.DataType) -> pl.DataFrame:
    """The English pairs as examples: no request, no translation."""
    return scores.select(
        pl.format("{}/en", "id").alias("id"),
        pl.col("id").alias("seed_id"),
        pl.lit("en").alias("language"),
        "instruction",
        pl.col("response").alias("answer"),
        pl.lit(None, pl.String).alias("first"),
        pl.lit(None, pl.Float64).alias("first_quality"),
        pl.struct(GRADES).alias("scores"),
        pl.lit(None, estimates).alias("qe"),
        "provenance",
    )


def translated(chosen: pl.DataFrame, pairs: pl.DataFrame) -> pl.DataFrame:
    """The chosen translations of a language as examples: the English question, the answer in the language."""
    english = pairs.select("seed_id", "instruction", "scores", made_by="provenance")
    return chosen.join(english, left_on="answer_id", right_on="seed_id", how="left", validate="m:1").select(
        "id",
        pl.col("answer_id").alias("seed_id"),
        "language",
        "instruction",
        pl.col("translation").alias("answer"),
        "first",
        "first_quality",
        "scores",
        pl.struct(ESTIMATES).alias("qe"),
        pl.col("made_by").list.concat("provenance").alias("provenance"),
    )


if __name__ == "__main__":
    main("dataset", work)

"""dataset: every language's chosen translations and the English pairs, as one loadable dataset."""

import sys
from pathlib import Path
from typing import Any

import polars as pl

from xlforge.base.errors import BuildError
from xlforge.base.frames import split, valid
from xlforge.stage.stage import DATA, Stage, main, refuse_leftovers

GRADES = ("precision", "informativeness", "naturalness", "objectivity", "mean")
READ = ("id", "language", "instruction", "answer")
MADE = ("id", "prompt", "completion")


def work(stage: Stage) -> None:
    """Joins the chosen translations with their English pairs and writes the configs."""
    codes = [code for code in stage.config.languages if code != "en"]
    refuse_leftovers({"translations": codes, "selection": codes})
    scores = stage.rows("scores")
    pairs = english(scores, stage.schema.QE)
    rows = pl.concat(
        [pairs, *(translated(stage.rows("selection", code), pairs, stage.schema.QE) for code in codes)]
    ).sort("id")
    made = stage.run(rows.select(READ).to_dicts())
    whole = [{name: row[name] for name in MADE} for row in made if not row["reject"]]
    columns = stage.schema.Rows.to_schema().columns
    kept = rows.join(pl.DataFrame(whole, {name: columns[name].dtype.type for name in MADE}), on="id")
    _, rejects = split([row for row in made if row["reject"]], stage.schema.Rows, stage.stage)
    if kept.is_empty():
        what = "no row reached the dataset: data/scores/rejects.parquet and data/selection have the reasons"
        raise BuildError(f"{what}. Fix the cause, or lower the thresholds of `scores` or `selection` in params.yaml")
    kept = kept.select(*columns).sort("id")
    more, metrics = preferences(stage, kept, codes)
    stage.deliver_frames(kept, rejects, expected=rows["id"].to_list(), metrics=metrics)
    examples = pl.read_parquet(stage.out / "rows.parquet")
    layout = stage.module("configs")
    remove_empty(stage.out, layout.write_configs(stage.out, layout.configs(examples, scores) | more, codes))


def preferences(stage: Stage, rows: pl.DataFrame, codes: list[str]) -> tuple[dict[str, pl.DataFrame], dict[str, Any]]:
    """The config `preferences` and its metrics; nothing for a version that does not have it, or without a language."""
    # dvc.yaml has the folder among the outputs of every version, so it must exist.
    (stage.out / "preferences").mkdir(parents=True, exist_ok=True)
    if not codes or not hasattr(stage.params, "preferences"):
        return {}, {}
    making = stage.module("preferences")
    paths = [DATA / "selection" / code / "candidates.parquet" for code in codes]
    candidates = pl.concat([pl.read_parquet(path, columns=list(making.READ)) for path in paths])
    pairs, metrics = making.pairs(rows, candidates, stage.params.preferences.margin)
    return {"preferences": valid(pairs, stage.schema.Pairs, "preferences")}, {"preferences": metrics}


def english(scores: pl.DataFrame, estimates: pl.Struct) -> pl.DataFrame:
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


def translated(chosen: pl.DataFrame, pairs: pl.DataFrame, estimates: pl.Struct) -> pl.DataFrame:
    """The chosen translations of a language as examples: the English question, the answer in the language.

    An estimate that the version of `selection` does not have is null.
    """
    english = pairs.select("seed_id", "instruction", "scores", made_by="provenance")
    known = [
        pl.col(field.name) if field.name in chosen.columns else pl.lit(None, field.dtype).alias(field.name)
        for field in estimates.fields
    ]
    return chosen.join(english, left_on="answer_id", right_on="seed_id", how="left", validate="m:1").select(
        "id",
        pl.col("answer_id").alias("seed_id"),
        "language",
        "instruction",
        pl.col("translation").alias("answer"),
        "first",
        "first_quality",
        "scores",
        pl.struct(known).alias("qe"),
        pl.col("made_by").list.concat("provenance").alias("provenance"),
    )


def remove_empty(folder: Path, sizes: dict[str, dict[str, int]]) -> None:
    """Removes splits without rows, for which `load_dataset` fails in all languages. The README's table still has them, with 0 rows.

    Args:
        folder: of the dataset.
        sizes: rows by config and split.
    """
    empty = [f"{config}/{name}.parquet" for config, splits in sizes.items() for name in splits if not splits[name]]
    if not empty:
        return
    from huggingface_hub import DatasetCard

    card = DatasetCard((folder / "README.md").read_text(encoding="utf-8"))
    for config in card.data["configs"]:
        config["data_files"] = [file for file in config["data_files"] if file["path"] not in empty]
    card.data["configs"] = [config for config in card.data["configs"] if config["data_files"]]
    card.save(folder / "README.md")
    for file in empty:
        (folder / file).unlink()
        print(
            f"dataset: {file} would have no rows, so the split does not exist; see the rejects of the language",
            file=sys.stderr,
        )


if __name__ == "__main__":
    main("dataset", work)

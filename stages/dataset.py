"""dataset: every language's chosen translations and the English pairs, as one loadable dataset."""

from __future__ import annotations

from typing import Any

import polars as pl

from xlforge.core.spine import Build, main, refuse_leftovers

GRADES = ("precision", "informativeness", "naturalness", "objectivity", "mean")
ESTIMATES = ("quality", "round_trip", "likelihood", "comet", "candidate", "fit")


def work(build: Build) -> None:
    """Joins the chosen translations with their English pairs and writes the configs."""
    codes = [code for code in build.everything["languages"] if code != "en"]
    refuse_leftovers({"translations": codes, "selection": codes})
    scores = build.rows("scores")
    pairs = {row["id"]: row for row in scores.to_dicts()}
    rows = [english(pair) for pair in pairs.values()]
    for code in codes:
        rows += [translated(row, pairs[row["answer_id"]]) for row in build.rows("selection", code).to_dicts()]
    rows.sort(key=lambda row: row["id"])
    made = build.run(rows)
    build.deliver(made, expected=[row["id"] for row in rows])
    examples = pl.read_parquet(build.out / "rows.parquet")
    layout = build.module("configs")
    layout.write_configs(build.out, layout.configs(examples, scores), codes)


def english(pair: dict[str, Any]) -> dict[str, Any]:
    """The English pair as an example: no request, no translation."""
    return {
        "id": f"{pair['id']}/en",
        "seed_id": pair["id"],
        "language": "en",
        "instruction": pair["instruction"],
        "answer": pair["response"],
        "first": None,
        "first_quality": None,
        "scores": {name: pair[name] for name in GRADES},
        "qe": None,
        "provenance": pair["provenance"],
    }


def translated(row: dict[str, Any], pair: dict[str, Any]) -> dict[str, Any]:
    """A chosen translation as an example: the English question, the answer in the language."""
    return {
        **english(pair),
        "id": row["id"],
        "language": row["language"],
        "answer": row["translation"],
        "first": row["first"],
        "first_quality": row["first_quality"],
        "qe": {name: row[name] for name in ESTIMATES},
        "provenance": [*pair["provenance"], *row["provenance"]],
    }


if __name__ == "__main__":
    main("dataset", work)

"""report: one self-contained page of everything that the build made."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import orjson
import polars as pl

from xlforge.base.files import write_text
from xlforge.config import packages
from xlforge.config.dag import position
from xlforge.config.params import staged
from xlforge.report.built import Built
from xlforge.report.page import render
from xlforge.report.truth import known
from xlforge.stage.stage import DATA, Stage, main, refuse_leftovers

PLAIN = ("",)


def work(stage: Stage) -> None:
    """Reads what every stage delivered and writes the page."""
    write_text(render(gathered(stage), stage.params.rows), stage.out / "index.html")


def gathered(stage: Stage) -> Built:
    """The outs of all stages."""
    config = stage.config
    codes, models, students = map(tuple, (config.languages, config.models, config.students))
    items = {"translations": codes, "selection": codes, "student": students, "answers": models, "verdicts": models}
    refuse_leftovers(items)
    places = [
        (stage, item) for stage in (*sorted(staged(), key=position), "student") for item in items.get(stage, PLAIN)
    ]
    rejects = [read("rejects", *place).with_columns(item=pl.lit(place[1])) for place in places]
    evaluation = DATA / "evaluation"
    return Built(
        params=config,
        **{name: stage.rows(name) for name in ("seeds", "instructions", "responses", "scores", "benchmark")},
        candidates=pl.concat([read("candidates", "selection", code) for code in codes]),
        chosen=pl.concat([stage.rows("selection", code) for code in codes]),
        examples=stage.rows("dataset"),
        lessons=named("rows", "student", "student", students),
        answers=named("rows", "answers", "model", models),
        measures=named("answers", "verdicts", "model", models),
        verdicts=named("rows", "verdicts", "model", models),
        rejects=pl.concat(rejects),
        metrics={place: orjson.loads((DATA.joinpath(*place) / "metrics.json").read_bytes()) for place in places},
        losses={name: pl.read_csv(DATA / "student" / name / "loss.csv") for name in students},
        table=pl.read_csv(evaluation / "table.csv", infer_schema_length=None),
        differences=pl.read_csv(evaluation / "differences.csv", infer_schema_length=None, raise_if_empty=False),
        truth=known(Path(stage.params.truth).read_bytes().splitlines()),
        packages=packages.declared(),
    )


def read(name: str, stage: str, item: str) -> pl.DataFrame:
    """A parquet file of a stage."""
    return pl.read_parquet(DATA / stage / item / f"{name}.parquet")


def named(name: str, stage: str, column: str, items: Collection[str]) -> pl.DataFrame:
    """A file of every item of a stage, one below the other, with the item's name in a column."""
    return pl.concat([read(name, stage, item).with_columns(pl.lit(item).alias(column)) for item in items])


if __name__ == "__main__":
    main("report", work)

"""The rows a student learns from, drawn by a hash of their ids.

Each row has its lot once and for all: whoever takes fewer rows of a language takes the first of those who take more, and two configs
that hold the same ids give the same rows. The seed has no part in it, so that students of several seeds learn from the same rows.
"""

from __future__ import annotations

import hashlib
from math import ceil
from pathlib import Path

import polars as pl

from xlforge.base.errors import BuildError
from xlforge.config.students import Student
from xlforge.languages.registry import LANGUAGES

CONFIGS = ("default", "bestof3")


def chosen(dataset: Path, name: str, student: Student, languages: tuple[str, ...]) -> pl.DataFrame:
    """id, language, prompt and completion of the student's rows, in order of id.

    dataset: the folder of the stage `dataset`. languages: those of the build, for a student that names none. Raises BuildError
    when more rows are asked for than are there.
    """
    parts = []
    for code in student.languages or languages:
        rows = _split(dataset, student.config, code)
        if student.paired:
            other = next(config for config in CONFIGS if config != student.config)
            rows = rows.join(_split(dataset, other, code).select("id"), on="id", how="semi")
        parts.append(drawn(rows, student.rows, f"students.{name}.rows", code))
    return pl.concat(parts).select("id", "language", "prompt", "completion").sort("id")


def drawn(rows: pl.DataFrame, count: float | None, where: str, code: str) -> pl.DataFrame:
    """As many rows as `count` says (a number, a share, None for all): those with the first lots."""
    if count is None:
        return rows
    wanted = ceil(count * len(rows)) if count < 1 else int(count)
    if wanted > len(rows):
        raise BuildError(
            f"{where} in params.yaml asks for {wanted} rows of {LANGUAGES[code].name}, but the dataset has {len(rows)} that serve: "
            "lower it, or let more seeds through (seeds.sample)"
        )
    lots = pl.Series([lot(one) for one in rows["id"]], dtype=pl.String)
    return rows.with_columns(lot=lots).sort("lot").head(wanted).drop("lot")


def lot(row: str) -> str:
    """The lot of a row, by its id: hexadecimal digits, of which the smallest are drawn first."""
    return hashlib.sha256(f"student\n{row}".encode()).hexdigest()


def _split(dataset: Path, config: str, code: str) -> pl.DataFrame:
    path = dataset / config / f"{LANGUAGES[code].split}.parquet"
    if not path.exists():
        raise BuildError(f"{path} is missing: the stage student reads it; `dvc repro` makes it first")
    return pl.read_parquet(path, columns=["id", "language", "prompt", "completion"])

"""The rows that a student is trained on, sampled by a hash of their ids.

The hash of a row is always the same. So the rows of a student with fewer rows are among the rows of a student with more, and two configs
with the same ids give the same rows. The seed has no influence, so students with different seeds are trained on the same rows.
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


def choose(dataset: Path, name: str, student: Student, languages: tuple[str, ...]) -> pl.DataFrame:
    """The student's rows, ordered by id.

    Args:
        dataset: the folder of the stage `dataset`.
        name: of the student, for messages.
        languages: those of the build, for a student without `languages`.

    Returns:
        Columns id, language, prompt, completion.

    Raises:
        BuildError: the dataset has fewer rows than `rows` wants, or a split is missing.
    """
    parts = []
    for code in student.languages or languages:
        rows = _split(dataset, student.config, code)
        if student.paired:
            other = next(config for config in CONFIGS if config != student.config)
            rows = rows.join(_split(dataset, other, code).select("id"), on="id", how="semi")
        parts.append(sample(rows, student.rows, f"students.{name}.rows", code))
    return pl.concat(parts).select("id", "language", "prompt", "completion").sort("id")


def sample(rows: pl.DataFrame, count: float | None, where: str, code: str) -> pl.DataFrame:
    """The `count` rows with the smallest hashes; `count` is a number, a share, or None for all."""
    if count is None:
        return rows
    wanted = ceil(count * len(rows)) if count < 1 else int(count)
    if wanted > len(rows):
        raise BuildError(
            f"{where} in params.yaml is {wanted} rows of {LANGUAGES[code].name}, but the dataset has {len(rows)} usable ones: "
            "lower it, or use more seeds (seeds.sample)"
        )
    return rows.sort(pl.col("id").map_elements(row_hash, pl.String)).head(wanted)


def row_hash(row: str) -> str:
    """The hash of a row by its id, as hexadecimal digits; the smallest are sampled first."""
    return hashlib.sha256(f"student\n{row}".encode()).hexdigest()


def _split(dataset: Path, config: str, code: str) -> pl.DataFrame:
    path = dataset / config / f"{LANGUAGES[code].split}.parquet"
    if not path.exists():
        raise BuildError(f"{path} is missing: the stage student reads it; `dvc repro` builds it first")
    return pl.read_parquet(path, columns=["id", "language", "prompt", "completion"])

"""What a stage leaves: rows that go on, rejects that do not, and metrics; nothing else, and nothing missing.

A stage declares the ids it is to deliver. Rows and rejects partition that set, compared by id. Frames are ordered by id and written
under a temporary name, then renamed, so that a file that is there is complete and equal inputs give equal bytes.
"""

from collections.abc import Collection, Iterable
from typing import Annotated, Any

import pandera.errors
import pandera.polars as pa
import polars as pl

from xlforge.base.errors import BuildError
from xlforge.base.provenance import PROVENANCE
from xlforge.base.rows import Row


class Table(pa.DataFrameModel):
    """A parquet file: exactly these columns, in this order."""

    class Config:
        strict = True
        ordered = True


class Rejects(Table):
    """What did not go on. raw: the words that could not be used, as they came; lone surrogates are spelt out."""

    id: str = pa.Field(unique=True)
    stage: str
    reason: str
    detail: str
    raw: str
    provenance: Annotated[pl.List, PROVENANCE.inner]


def frame(rows: Iterable[Row], model: type[pa.DataFrameModel]) -> pl.DataFrame:
    """The rows as the pandera model's columns, ordered by id; other columns are left behind.

    Raises:
        BuildError: a row lacks a column, which is never filled with null.
    """
    schema = {name: column.dtype.type for name, column in model.to_schema().columns.items()}
    try:
        kept = [{name: row[name] for name in schema} for row in rows]
    except KeyError as error:
        raise BuildError(f"a row has no column {error}, which {model.__name__} has: the pipeline is wrong") from None
    return pl.DataFrame(kept, schema=schema, strict=True).sort("id")


def split(rows: Iterable[Row], model: type[pa.DataFrameModel], stage: str) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows and rejects, split by the mark under `reject`."""
    good: list[dict[str, Any]] = []
    bad: list[dict[str, Any]] = []
    for row in rows:
        mark = row.get("reject")
        (bad if mark else good).append({"provenance": [], **row, "stage": stage, **mark} if mark else row)
    return frame(good, model), frame(bad, Rejects)


def valid(rows: pl.DataFrame, model: type[pa.DataFrameModel], what: str) -> pl.DataFrame:
    """The frame, checked eagerly, or a BuildError that lists every failure at once (the first ten in words)."""
    try:
        return model.validate(rows, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases
        worst = [(case["column"], str(case["failure_case"])[:120], case["check"]) for case in cases.head(10).to_dicts()]
        listed = "\n  ".join(f"{column}: {value!r} breaks {check}" for column, value, check in worst)
        raise BuildError(f"{what}: {len(cases)} values break the schema {model.__name__}:\n  {listed}") from None


def partition(expected: Collection[str], rows: pl.DataFrame, rejects: pl.DataFrame) -> None:
    """BuildError unless rows and rejects hold each expected id exactly once, between them."""
    have = [*rows["id"], *rejects["id"]]
    missing, extra = set(expected) - set(have), set(have) - set(expected)
    if missing or extra or len(have) != len(set(have)) or len(expected) != len(set(expected)):
        raise BuildError(
            f"rows and rejects must hold each of {len(expected)} ids once, but {len(missing)} are missing "
            f"(such as {sorted(missing)[:3]}), {len(extra)} are unknown (such as {sorted(extra)[:3]}) and "
            f"{len(have) - len(set(have))} are there twice; this is a fault of the stage, please report it"
        )

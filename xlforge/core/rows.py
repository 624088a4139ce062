"""What a stage leaves: rows that go on, rejects that do not, and metrics; nothing else, and nothing missing.

A stage declares the ids it is to deliver. Rows and rejects partition that set, compared by id. Frames are ordered by id and written
under a temporary name, then renamed, so that a file that is there is complete and equal inputs give equal bytes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from pathlib import Path
from typing import Any

import orjson
import pandera.errors
import pandera.polars as pa
import polars as pl

from xlforge.core.errors import BuildError


class Rejects(pa.DataFrameModel):
    """What did not go on. raw: the words that could not be used, as they came; lone surrogates are spelt out."""

    id: str = pa.Field(unique=True)
    stage: str
    reason: str
    detail: str
    raw: str

    class Config:
        strict = True
        ordered = True


def reject(stage: str, reason: str, detail: str = "", raw: str = "") -> dict[str, str]:
    """The mark that sets a row aside: later steps pass it by, and the stage writes it to `rejects.parquet`."""
    return {"stage": stage, "reason": reason, "detail": writable(detail), "raw": writable(raw)}


def writable(text: str) -> str:
    """Text as parquet takes it: lone surrogates, which are no UTF-8, spelt as escapes."""
    return text.encode("utf-8", "backslashreplace").decode()


def frame(rows: Iterable[dict[str, Any]], model: type[pa.DataFrameModel]) -> pl.DataFrame:
    """The rows as the pandera model's columns, ordered by id; other columns are left behind."""
    schema = {name: column.dtype.type for name, column in model.to_schema().columns.items()}
    kept = [{name: row.get(name) for name in schema} for row in rows]
    return pl.DataFrame(kept, schema=schema, strict=True).sort("id")


def split(rows: Iterable[dict[str, Any]], model: type[pa.DataFrameModel]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows and rejects, told apart by the mark under `reject`."""
    good: list[dict[str, Any]] = []
    bad: list[dict[str, Any]] = []
    for row in rows:
        mark = row.get("reject")
        (bad if mark else good).append({"id": row["id"], **mark} if mark else row)
    return frame(good, model), frame(bad, Rejects)


def valid(rows: pl.DataFrame, model: type[pa.DataFrameModel], what: str) -> pl.DataFrame:
    """The frame, checked eagerly, or a BuildError that lists every failure at once (the first ten in words)."""
    try:
        return model.validate(rows, lazy=True)
    except pandera.errors.SchemaErrors as error:
        cases = error.failure_cases
        told = "\n  ".join(
            f"{case['column']}: {str(case['failure_case'])[:120]!r} breaks {case['check']}"
            for case in cases.head(10).to_dicts()
        )
        raise BuildError(f"{what}: {len(cases)} values break the schema {model.__name__}:\n  {told}") from None


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


def write_parquet(data: pl.DataFrame, path: Path) -> None:
    """One file, whole or not at all; equal frames give equal bytes."""
    part = _part(path)
    data.write_parquet(part, compression="zstd", compression_level=3, statistics=True, row_group_size=100_000)
    part.replace(path)


def write_json(data: Any, path: Path) -> None:
    """Sorted, indented JSON with a last newline, as git likes it."""
    write_text(orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n", path)


def write_text(text: str, path: Path) -> None:
    """One file, whole or not at all."""
    part = _part(path)
    part.write_text(text, encoding="utf-8")
    part.replace(path)


def _part(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f".{path.name}.part")

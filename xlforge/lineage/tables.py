"""What a build left, looked up by row: `data/<stage>/[<item>/]<table>.parquet`, of which no more is read than is asked for."""

from __future__ import annotations

import difflib
from bisect import bisect
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

Row = dict[str, Any]
_NEAR = 5
_MANY = 20_000
_EXCERPT = 60
_WORDS = (
    "id", "passage", "original", "instruction", "response", "reasons", "translation", "back_translation", "prompt", "completion",
    "answer", "truth", "detail", "raw",
)  # fmt: skip
"""Columns that hold words or a row's name, in any table."""


@dataclass(frozen=True)
class Hit:
    """A place where a text was found. column: of the table; excerpt: the words around it."""

    stage: str
    item: str | None
    table: str
    id: str
    column: str
    excerpt: str


class Tables:
    """The parquet files of a build in the folder `data`."""

    def __init__(self, data: Path = Path("data")) -> None:
        self._data = data

    def items(self, stage: str) -> list[str]:
        """The languages or names that a stage of a matrix was built for."""
        return sorted({path.parent.name for path in (self._data / stage).glob("*/*.parquet")})

    def scan(self, stage: str, item: str | None = None, table: str = "rows") -> pl.LazyFrame | None:
        """A table, lazily; None where it was not built."""
        path = self._data / stage / (item or "") / f"{table}.parquet"
        return pl.scan_parquet(path) if path.exists() else None

    def find(self, where: pl.Expr, stage: str, item: str | None = None, table: str = "rows") -> list[Row]:
        """The rows for which an expression is true, by id; none where the table was not built."""
        scan = self.scan(stage, item, table)
        return [] if scan is None else scan.filter(where).sort("id").collect().to_dicts()

    def near(self, row_id: str) -> list[str]:
        """At most five ids that are most like one that is not there."""
        roots = [scan for stage in ("seeds", "benchmark") for scan in self._either(stage)]
        grown = [
            scan
            for stage in ("translations", "selection")
            for item in self.items(stage)
            for scan in self._either(stage, item)
        ]
        scans = [*roots, *self._either("dataset"), *grown]
        ids = (
            pl.concat([scan.select("id") for scan in scans]).unique().collect()["id"].sort().to_list() if scans else []
        )
        start = bisect(ids, row_id)
        begun = [name for name in ids[start : start + _NEAR] if name.startswith(row_id)]
        around = ids[max(0, start - _MANY // 2) : start + _MANY // 2]
        alike = difflib.get_close_matches(row_id, around, n=_NEAR, cutoff=0.6)
        return list(dict.fromkeys([*begun, *alike]))[:_NEAR]

    def _either(self, stage: str, item: str | None = None) -> list[pl.LazyFrame]:
        found = [self.scan(stage, item, table) for table in ("rows", "rejects")]
        return [scan for scan in found if scan is not None]

    def search(self, text: str, most: int | None = None) -> list[Hit]:
        """Where a text stands in the words of any row, whatever its case; a row counts once in each table."""
        hits: list[Hit] = []
        for path in sorted(self._data.glob("**/*.parquet"), key=_flow):
            parts = path.relative_to(self._data).with_suffix("").parts
            if parts[0] == "dataset" and len(parts) > 2:  # a config repeats the rows
                continue
            stage, item, table = parts[0], "/".join(parts[1:-1]) or None, parts[-1]
            hits += [Hit(stage, item, table, *found) for found in _hits(pl.scan_parquet(path), text, most)]
        return hits


def _flow(path: Path) -> tuple[int, str]:
    from xlforge.config.dag import position

    return min(position(part) for part in path.parts), str(path)


def _hits(scan: pl.LazyFrame, text: str, most: int | None) -> list[tuple[str, str, str]]:
    columns = {name: words for name, kind in scan.collect_schema().items() if (words := _words(name, kind)) is not None}
    if "id" not in columns:
        return []
    needle = text.lower()
    holds = {
        name: words.str.to_lowercase().str.contains(needle, literal=True).fill_null(False)
        for name, words in columns.items()
    }
    found = scan.filter(pl.any_horizontal(*holds.values())).select(
        "id", **{f"in {name}": words for name, words in columns.items()}
    )
    rows = (found if most is None else found.head(most)).collect().to_dicts()
    return [
        next(
            (row["id"], name, _around(row[f"in {name}"], needle))
            for name in columns
            if _holds(row[f"in {name}"], needle)
        )
        for row in rows
    ]


def _holds(words: str | None, needle: str) -> bool:
    return words is not None and needle in words.lower()


def _words(name: str, kind: pl.DataType) -> pl.Expr | None:
    """A column as one text a row, if it is one of words."""
    if name not in _WORDS:
        return None
    if kind == pl.String:
        return pl.col(name)
    if isinstance(kind, pl.List) and kind.inner == pl.String:
        return pl.col(name).list.join(" ")
    turns = isinstance(kind, pl.List) and isinstance(kind.inner, pl.Struct) and "content" in kind.inner.to_schema()
    return pl.col(name).list.eval(pl.element().struct.field("content")).list.join(" ") if turns else None


def _around(words: str, needle: str) -> str:
    start = max(0, words.lower().index(needle) - _EXCERPT // 2)
    end = start + _EXCERPT + len(needle)
    return f"{'…' * (start > 0)}{words[start:end]}{'…' * (end < len(words))}"

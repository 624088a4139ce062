"""What a build wrote, looked up by row: `data/<stage>/[<item>/]<table>.parquet`, in the order of dvc.yaml."""

import difflib
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from xlforge.config.dag import stages

Row = dict[str, Any]
DATA = Path("data")
_SUGGESTIONS = 5
_COMPARED = 20_000
"""Ids around an unknown one that are compared with it: difflib is too slow for all ids of a large build."""
_EXCERPT = 60


@dataclass(frozen=True)
class Place:
    """What one stage wrote for one item. tables: paths by name, `rows` and `rejects` among them."""

    stage: str
    item: str | None
    tables: dict[str, Path]


@dataclass(frozen=True)
class Hit:
    """A place where a text was found. column: of the table; excerpt: the text around it."""

    stage: str
    item: str | None
    table: str
    id: str
    column: str
    excerpt: str


def places(data: Path = DATA) -> Iterator[Place]:
    """Every stage and item that was built, in the order data flows."""
    for name, declared in stages().items():
        for folder in sorted((data / name).glob("*/")) if declared.over else [data / name]:
            tables = {path.stem: path for path in sorted(folder.glob("*.parquet"))}
            if tables:
                yield Place(name, folder.name if declared.over else None, tables)


def find(path: Path, where: pl.Expr) -> list[Row]:
    """The rows of a table for which an expression is true, by id."""
    scan = pl.scan_parquet(path)
    return scan.filter(where).sort("id").collect().to_dicts() if "id" in scan.collect_schema() else []


def similar(row_id: str, data: Path = DATA) -> list[str]:
    """At most five ids that are most like one that does not exist."""
    tables = [place.tables[name] for place in places(data) for name in ("rows", "rejects") if name in place.tables]
    scans = [pl.scan_parquet(path).select("id") for path in tables]
    ids = pl.concat(scans).unique().collect()["id"].sort().to_list() if scans else []
    start = bisect(ids, row_id)
    longer = [name for name in ids[start : start + _SUGGESTIONS] if name.startswith(row_id)]
    around = ids[max(0, start - _COMPARED // 2) : start + _COMPARED // 2]
    alike = difflib.get_close_matches(row_id, around, n=_SUGGESTIONS)
    return list(dict.fromkeys([*longer, *alike]))[:_SUGGESTIONS]


def search(text: str, data: Path = DATA) -> list[Hit]:
    """Where a text stands in any row, whatever its case; a row counts once in each table."""
    return [
        Hit(place.stage, place.item, table, *found)
        for place in places(data)
        for table, path in place.tables.items()
        for found in _found(pl.scan_parquet(path), text.lower())
    ]


def _found(scan: pl.LazyFrame, text: str) -> Iterator[tuple[str, str, str]]:
    """(id, column, excerpt) of every row that holds a text in lower case."""
    kinds = scan.collect_schema().items()
    columns = {name: words for name, kind in kinds if (words := _words(name, kind)) is not None}
    if "id" not in columns:
        return
    holds = [words.str.to_lowercase().str.contains(text, literal=True) for words in columns.values()]
    for row in scan.filter(pl.any_horizontal(holds)).select(**columns).collect().iter_rows(named=True):
        name = next((name for name, words in row.items() if words and text in words.lower()), "id")
        yield row["id"], name, _excerpt(row[name], text)


def _words(name: str, kind: pl.DataType) -> pl.Expr | None:
    """A column as one text a row, if it holds text: strings, lists of strings, turns of a conversation."""
    if kind == pl.String:
        return pl.col(name)
    if kind == pl.List(pl.String):
        return pl.col(name).list.join(" ")
    turns = isinstance(kind, pl.List) and isinstance(kind.inner, pl.Struct) and "content" in kind.inner.to_schema()
    return pl.col(name).list.eval(pl.element().struct.field("content")).list.join(" ") if turns else None


def _excerpt(words: str, text: str) -> str:
    start = max(0, words.lower().find(text) - _EXCERPT // 2)
    end = start + _EXCERPT + len(text)
    return f"{'…' * (start > 0)}{words[start:end]}{'…' * (end < len(words))}"

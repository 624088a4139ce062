"""The way of one row through a build: from the passage or the benchmark prompt that it began as to everything made from it.

Ids show the way, because a derived id extends its parent's: `PASSAGE`, `PASSAGE/LANGUAGE`, `PASSAGE/LANGUAGE/CANDIDATE`;
`PROMPT/SET/LANGUAGE`, `PROMPT/SET/LANGUAGE/OPPONENT`. So the rows behind an id are those whose id is a prefix of it, and the rows made
from it are those whose id extends it, in every stage of dvc.yaml: `data/<stage>/[<item>/]<table>.parquet`. Nothing is run or changed here.
"""

import difflib
from bisect import bisect
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

import polars as pl

from xlforge.base.errors import BuildError
from xlforge.config.dag import holds, stages

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


class UnknownId(BuildError):
    """No row has the id; the message names those that are most like it."""


@dataclass(frozen=True)
class Link:
    """What one stage did with one row.

    Args:
        stage: its name, without the item.
        item: the language or name of a matrix stage.
        id: of the row in this stage.
        row: its columns where it was kept, else None.
        reject: its entry in the rejects, else None.
        others: the rows that belong to it in the stage's other tables, such as all `candidates` of a selection.
    """

    stage: str
    item: str | None
    id: str
    row: Row | None
    reject: Row | None
    others: dict[str, list[Row]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The stage as dvc names it: `selection@de`."""
        return f"{self.stage}@{self.item}" if self.item else self.stage

    @property
    def outcome(self) -> Literal["kept", "rejected"]:
        """What became of the row in this stage."""
        return "kept" if self.row else "rejected"


def lineage(row_id: str, data: Path = DATA) -> list[Link]:
    """The whole way of a row, in the order data flows: what it was made from, and everything that was made from it.

    Args:
        row_id: of any stage. A passage's id gives all languages; `PASSAGE/de` gives that one; a candidate's id gives that candidate
            and the selection among its rivals.
        data: the folder of the build.

    Raises:
        UnknownId: no row has this id, and no id extends it.
    """
    built = list(places(data))
    if not built:
        raise UnknownId("nothing is built here: run from the root of the project, after `dvc repro` or `dvc pull`")
    links = [link for place in built for link in _links(place, row_id)]
    own = [link for link in links if holds(row_id, link.id)]
    if not own:
        near = similar(row_id, data)
        hint = f"the nearest are {', '.join(near)}" if near else "`xlforge trace --find TEXT` looks for words"
        raise UnknownId(f"no row of this build has the id {row_id!r}: {hint}")
    # A judgement is about two models: the answers of all others are not on its way.
    first = next(number for number, link in enumerate(links) if link is own[0])
    items = {None, *row_id.split("/"), *(link.item for link in own)}
    return [link for number, link in enumerate(links) if number >= first or link.item in items]


def _links(place: Place, row_id: str) -> list[Link]:
    """A link for every row and reject of a stage that is related to an id."""
    tables = dict(place.tables)
    paths = [tables.pop(name, None) for name in ("rows", "rejects")]
    rows, rejects = ({row["id"]: row for row in find(path, _related([row_id]))} if path else {} for path in paths)
    ids = sorted(rows | rejects)
    others = {name: find(path, _related(ids)) for name, path in tables.items()}
    return [Link(place.stage, place.item, each, rows.get(each), rejects.get(each), _of(each, others)) for each in ids]


def _related(ids: list[str]) -> pl.Expr:
    """Whether a row's id is one of the given ones, a prefix of one, or extends one."""
    parts = [row_id.split("/") for row_id in ids]
    prefixes = {"/".join(each[:length]) for each in parts for length in range(1, len(each) + 1)}
    longer = [pl.col("id").str.starts_with(f"{row_id}/") for row_id in ids]
    return pl.any_horizontal(pl.col("id").is_in(prefixes), *longer)


def _of(row_id: str, others: dict[str, list[Row]]) -> dict[str, list[Row]]:
    """The rows of other tables whose id is the given one, a prefix of it, or extends it."""
    return {
        name: [row for row in rows if holds(row["id"], row_id) or holds(row_id, row["id"])]
        for name, rows in others.items()
    }


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

"""Readers of sources with questions or answers; v1's readers read the others. A source is read once."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from pipelines.seeds.v1.readers import _BOM, Raw, _chunks, _files, _json, _kind, _line, _reading, _row
from pipelines.seeds.v2.schema import Source
from xlforge.base.errors import BuildError


@dataclass(frozen=True, slots=True)
class Given(Raw):
    """A row of a source.

    Args:
        instruction, response: what the source gives, as it stands there; None for a blank cell.
        lacks: the named columns that the row does not have.
    """

    instruction: str | None = None
    response: str | None = None
    lacks: frozenset[str] = frozenset()


def jsonl(source: Source) -> Iterator[Given]:
    """One row a line; blank lines are none."""
    for file, name, stem in _files(source):
        with _reading(file), file.open("rb") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    bare, place = line.removeprefix(_BOM).rstrip(b"\r\n"), f"{stem}-{number:07d}"
                    columns = _object(bare)
                    yield (
                        _with(_line(bare, source, place, name))
                        if columns is None
                        else _given(columns, source, place, name)
                    )


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        columns = _json(line)
    except (ValueError, RecursionError):
        return None
    return columns if isinstance(columns, dict) else None


def parquet(source: Source) -> Iterator[Given]:
    """One row of the table each. Every file's columns are checked before the first row is read."""
    wanted = _named(source) | ({source.id: "id"} if source.id else {})
    files = list(_files(source))
    for file, _, _ in files:
        with _reading(file):
            names = pq.read_schema(file).names
        for column, key in wanted.items():
            if column not in names:
                raise BuildError(
                    f"seeds.source.{key}: {file} has no column {column!r}; it has {', '.join(names)}{_remedy(key, source)}"
                )
    for file, name, stem in files:
        with _reading(file), pq.ParquetFile(file, pre_buffer=False, buffer_size=1 << 20) as table:
            batches = table.iter_batches(1000, columns=list(wanted))
            rows = chain.from_iterable(batch.to_pylist() for batch in batches)
            for number, columns in enumerate(rows, 1):
                yield _given(columns, source, f"{stem}-{number:07d}", name)


def hub(source: Source) -> Iterator[Given]:
    """One row of a dataset each, streamed: only what is read is fetched."""
    import datasets  # slow to import, and only this kind needs it

    name = source.name or ""
    if not Path(name).exists() and not source.revision:
        raise BuildError(f"seeds.source.revision: {name} can change, and a build must be repeatable: give a commit")
    label = ":".join(part for part in (name, source.config, source.split) if part)
    options = {"split": source.split, "revision": source.revision}
    try:
        for number, columns in enumerate(datasets.load_dataset(name, source.config, streaming=True, **options), 1):
            yield _given(columns, source, f"{label}-{number:07d}", label)
    except Exception as error:  # datasets and the hub's client raise dozens of kinds
        raise BuildError(
            f"seeds.source: the dataset {label} cannot be read: {type(error).__name__}: {error}. "
            "Check name, config, split and revision, and the connection to the hub (HF_HUB_OFFLINE, HF_TOKEN, a proxy)"
        ) from error


READERS: dict[str, Callable[[Source], Iterator[Given]]] = {"jsonl": jsonl, "parquet": parquet, "hub": hub}


def opened(source: Source) -> Iterator[list[Given]]:
    """The rows in chunks. BuildError if the first chunk has no usable row, or none that has a named column."""
    chunks: Iterator[Any] = _chunks(islice(READERS[source.kind](source), source.take))
    first: list[Given] | None = next(chunks, None)
    where = source.name or source.path
    if first is None:
        raise BuildError(f"seeds.source: {where} holds no rows: name a source of kind {source.kind} with passages")
    for column, key in _named(source).items():
        if all(column in row.lacks for row in first):
            raise BuildError(
                f"seeds.source.{key}: none of the first {len(first)} rows of {where} has {column!r}{_remedy(key, source)}"
            )
    if all(row.fault for row in first):
        raise BuildError(
            f"seeds.source: none of the first {len(first)} rows of {where} can be used; the first: {first[0].fault}. "
            "Check the columns under seeds.source in params.yaml"
        )
    return chain([first], chunks)


def _named(source: Source) -> dict[str, str]:
    """The columns of a row's texts, with their keys in params.yaml."""
    return {source.text: "text"} | {column: key for key, column in source.gives.items()}


def _remedy(key: str, source: Source) -> str:
    if key == "text" and source.response:
        return "; set seeds.source.text to null to make the answers the passages"
    return "; name another column, or set it to null" if key in source.gives else ""


def _given(columns: dict[str, Any], source: Source, place: str, name: str) -> Given:
    """A row that has columns. Where its passage is blank, the answer is the passage."""
    cells = {key: columns.get(column) for key, column in source.gives.items()}
    given = {key: cell for key, cell in cells.items() if isinstance(cell, str) and cell.strip()}
    if (more := given.pop("input", None)) and "instruction" in given:
        given["instruction"] += f"\n\n{more}"
    passage, lacks = columns.get(source.text), frozenset(_named(source).keys() - columns.keys())
    if "response" in given and (passage is None or (isinstance(passage, str) and not passage.strip())):
        columns = columns | {source.text: given["response"]}
    raw = _row(columns, source, place, name)
    invalid = (
        f"{source.gives[key]!r} is {_kind(cell)}, not text"
        for key, cell in cells.items()
        if not isinstance(cell, str | None)
    )
    if raw.fault is None and (fault := next(invalid, None)):
        raw = replace(raw, text=json.dumps(columns, ensure_ascii=False, default=str), fault=fault)
    return _with(raw, lacks=lacks, **({} if raw.fault else given))


def _with(raw: Raw, **more: Any) -> Given:
    return Given(raw.place, raw.source, raw.given, raw.text, raw.fault, **more)

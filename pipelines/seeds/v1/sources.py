"""Where passages come from, read as a stream of rows in chunks of bounded size.

A source that cannot be read at all (no such file, no such column, nothing in it) is an error before anything is written. A single row
that cannot (a broken line, a number where text should be) is handed on with its fault, and becomes a reject.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import chain, islice
from typing import Any

from pipelines.seeds.v1.schema import Source
from xlforge.base.errors import BuildError

CHUNK_ROWS = 20_000
CHUNK_CHARS = 16_000_000


@dataclass(frozen=True, slots=True)
class Raw:
    """One row as the source has it.

    place: file and position, where an id comes from if none is given. fault: why it is no passage; text is then the whole row.
    """

    place: str
    source: str
    given: str | None
    text: str
    fault: str | None = None


def opened(source: Source) -> Iterator[list[Raw]]:
    """The rows in chunks. The first is read at once: BuildError if the source cannot be read or none of its first rows can."""
    from pipelines.seeds.v1 import readers  # they make the rows defined here

    chunks = _chunks(islice(readers.READERS[source.kind](source), source.take))
    first = next(chunks, None)
    where = source.name or source.path
    if first is None:
        raise BuildError(
            f"seeds.source: {where} holds no rows: name a source of kind {source.kind} with passages in it"
        )
    if all(row.fault for row in first):
        raise BuildError(
            f"seeds.source: none of the first {len(first)} rows of {where} is a passage; the first: {first[0].fault}. "
            "Check kind, text and id under seeds.source in params.yaml"
        )
    return chain([first], chunks)


def row(columns: dict[str, Any], source: Source, place: str, name: str) -> Raw:
    """A row that has columns: its text and id, or what is wrong with them. Null is an empty text, or no id."""
    text, given, fault = columns.get(source.text), columns.get(source.id) if source.id else None, None
    if given is not None and (isinstance(given, bool) or not isinstance(given, str | int)):
        fault, given = f"the id under {source.id!r} is {kind(given)}, neither text nor a whole number", None
    if source.text not in columns:
        fault = f"no field {source.text!r}; it has {', '.join(map(str, columns)) or 'none'}"[:200]
    elif not isinstance(text, str | None):
        fault = f"{source.text!r} is {kind(text)}, not text"
    if fault:
        text = json.dumps(columns, ensure_ascii=False, default=str)
    return Raw(place, name, None if given in (None, "") else str(given), text or "", fault)


def kind(value: Any) -> str:
    """What a value is, in words of JSON."""
    kinds = {bool: "true or false", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
    return kinds.get(type(value), "null" if value is None else type(value).__name__)


def _chunks(rows: Iterable[Raw]) -> Iterator[list[Raw]]:
    chunk: list[Raw] = []
    chars = 0
    for one in rows:
        chunk.append(one)
        chars += len(one.text)
        if len(chunk) >= CHUNK_ROWS or chars >= CHUNK_CHARS:
            yield chunk
            chunk, chars = [], 0
    if chunk:
        yield chunk

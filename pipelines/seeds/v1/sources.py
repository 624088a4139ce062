"""The rows of a source as a stream, in chunks of bounded size.

A source that cannot be read at all (no such file, no such column, nothing in it) is an error before anything is written. A single row
that cannot be read (a broken line, a number instead of text) gets a fault, and becomes a reject.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import chain, islice

from pipelines.seeds.v1.readers import READERS, Raw
from pipelines.seeds.v1.schema import Source
from xlforge.base.errors import BuildError

CHUNK_ROWS = 20_000
CHUNK_CHARS = 16_000_000


def opened(source: Source) -> Iterator[list[Raw]]:
    """The rows in chunks. The first chunk is read at once: BuildError if that fails, or if none of its rows is a passage."""
    chunks = _chunks(islice(READERS[source.kind](source), source.take))
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


def _chunks(rows: Iterable[Raw]) -> Iterator[list[Raw]]:
    chunk: list[Raw] = []
    chars = 0
    for row in rows:
        chunk.append(row)
        chars += len(row.text)
        if len(chunk) >= CHUNK_ROWS or chars >= CHUNK_CHARS:
            yield chunk
            chunk, chars = [], 0
    if chunk:
        yield chunk

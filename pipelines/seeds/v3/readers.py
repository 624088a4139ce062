"""One kind of row for every source: v2 reads those with questions or answers, v1 the others."""

from __future__ import annotations

from collections.abc import Iterator

from pipelines.seeds.v1 import readers as passages
from pipelines.seeds.v2 import readers as pairs
from pipelines.seeds.v2.readers import Given, _with
from pipelines.seeds.v2.schema import Source


def opened(source: Source) -> Iterator[list[Given]]:
    """The rows in chunks. BuildError if the source cannot be read, or nothing in its first chunk can be used."""
    if source.gives:
        return pairs.opened(source)
    return ([_with(row) for row in chunk] for chunk in passages.opened(source))

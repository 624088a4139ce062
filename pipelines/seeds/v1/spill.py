"""Rows put down in a scratch file while a source is read, and taken up again in another order, without holding them in memory."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

_ROW_GROUP = 20_000


class Spill:
    """An Arrow file of a few columns: written chunk by chunk, then closed, then read by row number."""

    def __init__(self, path: Path, columns: dict[str, pa.DataType]) -> None:
        self.path, self.schema, self.length = path, pa.schema(list(columns.items())), 0
        self._writer = pa.ipc.new_file(path, self.schema)

    def add(self, rows: pl.DataFrame) -> None:
        """Appends the rows' columns of the same names; others are left behind."""
        self._writer.write_table(rows.select(self.schema.names).to_arrow().cast(self.schema).combine_chunks())
        self.length += len(rows)

    def close(self) -> None:
        """The end of writing and the beginning of reading."""
        self._writer.close()
        self._map = mapped(self.path)
        file = pa.ipc.open_file(pa.py_buffer(self._map))
        self._batches = [file.get_batch(number) for number in range(file.num_record_batches)]
        self._starts = np.cumsum([0, *(len(batch) for batch in self._batches)])

    def column(self, name: str) -> list[str]:
        return [value for batch in self._batches for value in batch.column(name).to_pylist()]

    def take(self, order: NDArray[np.int64]) -> Iterator[pa.Table]:
        """The rows of the given numbers, in that order, some at a time."""
        for at in range(0, len(order), _ROW_GROUP):
            yield self._some(order[at : at + _ROW_GROUP])
            forget(self._map)

    def _some(self, order: NDArray[np.int64]) -> pa.Table:
        """Batch by batch: `take` of a whole table would first copy all of it."""
        batch = np.searchsorted(self._starts, order, side="right") - 1
        by_batch = np.argsort(batch, kind="stable")
        parts = [
            self._batches[number].take(pa.array(order[batch == number] - self._starts[number]))
            for number in np.unique(batch).tolist()
        ]
        return pa.Table.from_batches(parts).combine_chunks().take(pa.array(np.argsort(by_batch)))

    def write_parquet(self, order: NDArray[np.int64], path: Path) -> None:
        """The rows of the given numbers, in that order, as a parquet file."""
        with pq.ParquetWriter(path, self.schema, compression="zstd", compression_level=3) as writer:
            for some in self.take(order):
                writer.write_table(some)


def mapped(path: Path) -> mmap.mmap:
    """The content of a file as memory, read where it is looked at."""
    with path.open("rb") as file:
        return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def forget(memory: mmap.mmap) -> None:
    """Gives back the memory that a mapped file was read into; the file stays, and can be looked at again."""
    memory.madvise(mmap.MADV_DONTNEED)

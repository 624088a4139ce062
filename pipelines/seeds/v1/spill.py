"""Rows in a scratch file while a source is read, then read in another order, so that their texts are not held in memory."""

from __future__ import annotations

import mmap
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

_AT_ONCE = 20_000


class Spill:
    """An Arrow file of a few columns: written chunk by chunk, then closed, then read by row number."""

    def __init__(self, path: Path, columns: dict[str, pa.DataType]) -> None:
        self.path, self.schema, self.length = path, pa.schema(list(columns.items())), 0
        self._writer = pa.ipc.new_file(path, self.schema)

    def add(self, rows: pl.DataFrame) -> None:
        """Appends the rows' columns of the same names."""
        self._writer.write_table(self._table(rows))
        self.length += len(rows)

    def close(self) -> None:
        """The end of writing and the beginning of reading."""
        self._writer.close()
        with self.path.open("rb") as file:
            self._memory = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        self.rows = pl.DataFrame(pa.ipc.open_file(pa.py_buffer(self._memory)).read_all()).rechunk()

    def take(self, order: NDArray[np.int64]) -> Iterator[pl.DataFrame]:
        """The rows of the given numbers, in that order, some at a time."""
        for at in range(0, len(order), _AT_ONCE):
            yield self.rows[order[at : at + _AT_ONCE]]
            self._memory.madvise(mmap.MADV_DONTNEED)  # gives back what was read of the file; it can be read again

    def write_parquet(self, order: NDArray[np.int64], path: Path) -> None:
        """The rows of the given numbers, in that order, as a parquet file."""
        with pq.ParquetWriter(path, self.schema, compression="zstd", compression_level=3) as writer:
            for rows in self.take(order):
                writer.write_table(self._table(rows))

    def _table(self, rows: pl.DataFrame) -> pa.Table:
        return rows.select(self.schema.names).to_arrow().cast(self.schema).combine_chunks()

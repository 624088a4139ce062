"""Rows come back from the scratch file whole, in any order, across its batches, and without a copy of all of it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import polars as pl
import pyarrow as pa
import pytest

from pipelines.seeds.v1 import spill
from pipelines.seeds.v1.spill import Spill


@pytest.fixture
def filled(tmp_path: Path) -> Spill:
    made = Spill(tmp_path / "rows.arrow", {"id": pa.large_string(), "n": pa.int64()})
    for start in (0, 10, 20):
        made.add(
            pl.DataFrame({"n": range(start, start + 10), "id": [f"r{n}" for n in range(start, start + 10)], "x": 1})
        )
    made.close()
    return made


def test_rows_come_back_in_the_order_asked_for(filled: Spill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill, "_ROW_GROUP", 7)
    order = np.random.default_rng(0).permutation(30)[:23]
    filled.write_parquet(order, tmp_path / "rows.parquet")
    back = pl.read_parquet(tmp_path / "rows.parquet")
    assert back["n"].to_list() == order.tolist() and back["id"].to_list() == [f"r{n}" for n in order]
    assert filled.column("id") == [f"r{n}" for n in range(30)] and filled.length == 30


def test_no_rows_make_an_empty_file(filled: Spill, tmp_path: Path) -> None:
    filled.write_parquet(np.zeros(0, dtype=np.int64), tmp_path / "rows.parquet")
    assert pl.read_parquet(tmp_path / "rows.parquet").columns == ["id", "n"]


def test_taking_a_few_rows_copies_few(tmp_path: Path) -> None:
    """Peak memory of a process that wrote 32 MB in eight batches and takes 32 rows of it."""
    code = f"""
import numpy as np, polars as pl, pyarrow as pa
from pathlib import Path
from pipelines.seeds.v1.spill import Spill
made = Spill(Path({str(tmp_path / "rows.arrow")!r}), {{"text": pa.large_string()}})
for _ in range(8):
    made.add(pl.DataFrame({{"text": ["x" * 1000] * 4000}}))
made.close()
(some,) = made.take(np.arange(0, 32_000, 1000))
print(len(some), pa.default_memory_pool().max_memory())
"""
    said = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    rows, peak = map(int, said.split())
    assert rows == 32 and peak < 20_000_000

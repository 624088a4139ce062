"""Rows come back from the scratch file whole, in any order, across its chunks, and without a copy of all of it."""

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
        numbers = range(start, start + 10)
        made.add(pl.DataFrame({"n": numbers, "id": [f"r{n}" for n in numbers], "x": 1}))
    made.close()
    return made


def test_rows_come_back_in_the_given_order(filled: Spill, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spill, "_AT_ONCE", 7)
    order = np.random.default_rng(0).permutation(30)[:23]
    filled.write_parquet(order, tmp_path / "rows.parquet")
    back = pl.read_parquet(tmp_path / "rows.parquet")
    assert back["n"].to_list() == order.tolist() and back["id"].to_list() == [f"r{n}" for n in order]
    assert filled.rows["id"].to_list() == [f"r{n}" for n in range(30)] and filled.length == 30


def test_no_rows_make_an_empty_file(filled: Spill, tmp_path: Path) -> None:
    filled.write_parquet(np.zeros(0, dtype=np.int64), tmp_path / "rows.parquet")
    assert pl.read_parquet(tmp_path / "rows.parquet").columns == ["id", "n"]


def test_taking_rows_holds_no_copy_of_the_file(tmp_path: Path) -> None:
    """Private memory of a process that wrote 160 MB in eight chunks and took a tenth of it."""
    code = f"""
import numpy as np, polars as pl, psutil, pyarrow as pa
from pathlib import Path
from pipelines.seeds.v1.spill import Spill
made = Spill(Path({str(tmp_path / "rows.arrow")!r}), {{"text": pa.large_string()}})
for _ in range(8):
    made.add(pl.DataFrame({{"text": ["x" * 1000] * 20_000}}))
before = psutil.Process().memory_full_info().uss
made.close()
rows = sum(map(len, made.take(np.arange(0, 160_000, 10))))
print(rows, psutil.Process().memory_full_info().uss - before)
"""
    printed = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    rows, grown = map(int, printed.split())
    assert rows == 16_000 and grown < 80_000_000

"""The stage's pipeline: its counts and files, in the stage's process and by distilabel's own `run()`, and its errors."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.seeds.v1 import readers
from pipelines.seeds.v3.schema import Params
from stages.seeds import work
from tests.seeds.conftest import PROSE, Run, seeds
from xlforge.base.errors import BuildError
from xlforge.base.frames import Rejects, partition, valid
from xlforge.config.params import load
from xlforge.stage.stage import Stage


@dataclass
class Delivered:
    rows: pl.DataFrame
    rejects: pl.DataFrame
    metrics: dict[str, Any]


class Recorder(Stage):
    """The stage with a source of its own; it writes nothing to data/."""

    def __init__(self, source: dict[str, Any], folder: Path) -> None:
        super().__init__("seeds", None, load(), folder)
        self.params = Params.model_validate({"version": "v3", "source": source})
        self.delivered: Delivered | None = None

    def deliver_frames(self, rows: Any, rejects: Any, expected: Any, metrics: Any = None, among: Any = None) -> None:
        partition(expected, rows, rejects)
        assert among == self.record.rows_in == metrics["source_rows"]
        self.delivered = Delivered(rows, rejects, metrics)


@pytest.fixture
def source(tmp_path: Path) -> dict[str, Any]:
    path = tmp_path / "own.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in seeds(*PROSE, "short")))
    return {"path": str(path), "id": "id"}


def test_the_stage_delivers_rows_and_rejects_with_their_columns(source: dict[str, Any], tmp_path: Path) -> None:
    stage = Recorder(source, tmp_path)
    work(stage)
    assert stage.delivered
    valid(stage.delivered.rows, stage.schema.Rows, "rows")
    valid(stage.delivered.rejects, Rejects, "rejects")
    assert len(stage.delivered.rows) == len(PROSE)
    assert stage.delivered.rejects.select("stage", "reason", "provenance").rows() == [("seeds", "too_short", [])]
    assert stage.delivered.metrics["reasons"] == {"too_short": 1}


DISTILABEL = """
import sys
from pathlib import Path
from pipelines.seeds.v3.pipeline import pipeline
from pipelines.seeds.v1 import readers
from pipelines.seeds.v3.schema import Params
from xlforge.config.params import load
from xlforge.steps.context import Context

if __name__ == "__main__":
    params = Params.model_validate_json(sys.argv[1])
    built = pipeline(Context("seeds", None, params, load(), load().execution), Path(sys.argv[2]))
    built._cache_dir = Path(sys.argv[2]) / "cache"
    print(built.run(use_cache=False)["default"]["train"][0]["counts"]["rows"])
"""


@pytest.mark.slow
def test_distilabels_own_run_gives_the_same_files(source: dict[str, Any], tmp_path: Path) -> None:
    """In a process of its own: distilabel forks, and a fork of a process that has used polars hangs."""
    stage = Recorder(source, tmp_path)
    work(stage)
    out = tmp_path / "distilabel"
    script = tmp_path / "run.py"
    script.write_text(DISTILABEL)
    ran = subprocess.run(
        [sys.executable, script, stage.params.model_dump_json(), out],
        env=os.environ | {"PYTHONPATH": str(Path.cwd()), "DISTILABEL_LOG_LEVEL": "CRITICAL"},
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert ran.stdout.split()[-1] == str(len(PROSE))
    for name in ("rows.parquet", "rejects.parquet"):
        assert (out / name).read_bytes() == (tmp_path / "seeds" / name).read_bytes()


def test_an_error_inside_reaches_the_stage_and_nothing_is_written(tmp_path: Path) -> None:
    stage = Recorder({"path": "nowhere.jsonl"}, tmp_path)
    with pytest.raises(BuildError, match=r"nowhere\.jsonl does not exist"):
        work(stage)
    assert stage.delivered is None
    assert not list(tmp_path.rglob("*.parquet"))


def test_chunks_of_any_size_give_the_same_rows_rejects_and_counts(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    rows = [*seeds(*PROSE, "short", PROSE[2] + " Yes.", "", *PROSE[:2]), '{"id": "cut"']
    whole = run(rows, sample=6)
    assert {"too_short", "near_duplicate", "empty", "unreadable"} <= set(whole.counts["reasons"])
    for size in (1, 2, 5):
        monkeypatch.setattr(readers, "CHUNK_ROWS", size)
        made = run(rows, sample=6)
        assert made.rows.equals(whole.rows) and made.rejects.equals(whole.rejects) and made.counts == whole.counts

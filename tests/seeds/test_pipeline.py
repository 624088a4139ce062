"""The pipeline as the stage runs it: through distilabel, from a process that has used polars, with failures that are told."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import polars as pl
import psutil
import pytest

from pipelines.seeds.v1 import fresh
from pipelines.seeds.v1.pipeline import made, pipeline
from pipelines.seeds.v1.schema import Params
from tests.seeds.conftest import PROSE, seeds
from xlforge.base.errors import BuildError


def _source(folder: Path) -> str:
    path = folder / "own.jsonl"
    path.write_text("\n".join(json.dumps(row) for row in seeds(*PROSE, "short")))
    return str(path)


def _run(params: Params, out: Path) -> dict[str, Any]:
    built = pipeline(params, out)
    built._cache_dir = out / "distilabel"
    built.run(use_cache=False)
    return made(out)


def test_runs_after_polars_was_used_and_tells_its_counts(tmp_path: Path) -> None:
    pl.DataFrame({"a": range(100_000)}).group_by("a").len()
    counts = _run(Params(version="v1", source={"path": _source(tmp_path), "id": "id"}), tmp_path / "out")
    assert counts["rows"] == len(PROSE) and counts["reasons"] == {"too_short": 1}
    assert len(pl.read_parquet(tmp_path / "out" / "rows.parquet")) == len(PROSE)


def test_an_error_inside_reaches_the_caller(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match=r"nowhere\.jsonl is not there"):
        _run(Params(version="v1", source={"path": "nowhere.jsonl"}), tmp_path / "out")
    assert not list((tmp_path / "out").glob("*.parquet"))


def test_a_pipeline_that_never_answered_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(BuildError, match="ended without"):
        made(tmp_path)


@pytest.fixture
def waiting(tmp_path: Path) -> dict[str, Any]:
    """Params whose build waits for ever: the prompts are a pipe that nobody writes to."""
    os.mkfifo(tmp_path / "prompts.jsonl")
    return {"version": "v1", "source": {"path": _source(tmp_path)}, "prompts": str(tmp_path / "prompts.jsonl")}


def _children(process: psutil.Process, known: set[int]) -> list[psutil.Process]:
    """The process's new children, once there are any."""
    deadline = time.monotonic() + 60
    while not (new := [one for one in process.children() if one.pid not in known]) and time.monotonic() < deadline:
        time.sleep(0.05)
    return new


def test_a_killed_process_is_told_and_not_waited_for(tmp_path: Path, waiting: dict[str, Any]) -> None:
    told: list[str] = []

    def call() -> None:
        try:
            fresh.build(waiting, tmp_path / "out")
        except BuildError as error:
            told.append(str(error))

    known = {child.pid for child in psutil.Process().children()}
    thread = threading.Thread(target=call)
    thread.start()
    _children(psutil.Process(), known)[0].kill()
    thread.join(60)
    assert told and "ended with code -9" in told[0]


def test_the_process_ends_with_its_parent(tmp_path: Path, waiting: dict[str, Any]) -> None:
    call = f"fresh.build({waiting!r}, Path({str(tmp_path / 'out')!r}))"
    code = f"from pathlib import Path; from pipelines.seeds.v1 import fresh; {call}"
    parent = subprocess.Popen([sys.executable, "-c", code])
    children = _children(psutil.Process(parent.pid), set())
    time.sleep(1)
    parent.kill()
    parent.wait()
    gone, alive = psutil.wait_procs(children, timeout=30)
    for one in alive:
        one.kill()
    assert gone and not alive

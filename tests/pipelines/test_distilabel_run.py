"""Every pipeline also runs by distilabel's own `run()`, in its processes, and gives the rows that the stage's loop gives.

The shipped models answer; what the loop generated is in the cache, where distilabel's processes find it.
"""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.project import Project
from xlforge.base.rows import Row
from xlforge.config.params import Config, load, staged
from xlforge.stage.stage import Stage

ROWS = 6
ELSEWHERE = ("seeds",)
"""It has such a test in a process of its own (tests/seeds)."""
ITEMS = {"translations": "de", "selection": "de", "answers": "reference", "verdicts": "base"}


@pytest.fixture
def config(built: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Config:
    """A small built project's params, from a working directory with its data and a cache of the test's own."""
    project = built.copy(tmp_path / "project")
    project.set({"benchmark.sample": 4, "benchmark.languages": ["de"], "verdicts.judge": "llm"})
    project.repro("answers@reference", upto="answers@base")
    monkeypatch.chdir(tmp_path / "project")
    monkeypatch.setenv("XLFORGE_CACHE", f"sqlite:///{tmp_path}/cache.sqlite")
    monkeypatch.setenv("DISTILABEL_LOG_LEVEL", "CRITICAL")
    return load()


class Recorder(Stage):
    """A stage that keeps its pipelines and their rows, and delivers nothing."""

    def __init__(self, name: str, config: Config, folder: Path) -> None:
        super().__init__(name, ITEMS.get(name), config, folder)
        self.ran: list[tuple[Any, list[Row], list[Row]]] = []

    def run(self, rows: list[Row]) -> list[Row]:
        rows = rows[:ROWS]
        made = super().run(rows)
        self.ran.append(
            (self.module("pipeline").pipeline(self.context, [{**row, "reject": None} for row in rows]), rows, made)
        )
        return made

    def deliver_frames(self, *_: Any, **__: Any) -> None:
        """Nothing is delivered."""

    def deliver(self, *_: Any, **__: Any) -> None:
        """Nothing is delivered."""


def same(rows: list[Row]) -> list[Row]:
    """Rows as JSON has them, without columns that are null everywhere, ordered."""
    plain = [orjson.loads(orjson.dumps(row)) for row in rows]
    full = {name for row in plain for name, value in row.items() if value is not None}
    return sorted(({name: row.get(name) for name in full} for row in plain), key=lambda row: row["id"])


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in staged() if name not in ELSEWHERE])
def test_a_pipeline_gives_the_same_rows_by_distilabels_own_run(name: str, config: Config, tmp_path: Path) -> None:
    stage = Recorder(name, config, tmp_path / "scratch")
    importlib.import_module(f"stages.{name}").work(stage)
    stage.close()
    pipeline, _, ours = stage.ran[0]
    pipeline._cache_dir = tmp_path / "distilabel"
    theirs = pipeline.run(use_cache=False)["default"]["train"].to_list()
    assert len(ours) >= ROWS
    assert same(theirs) == same(ours)

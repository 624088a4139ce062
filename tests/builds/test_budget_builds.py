"""Budgets and hosted batches in real builds: stopped or killed, and gone on with."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from tests.builds.test_endpoint_builds import at, served
from tests.server import Server


@pytest.mark.slow
def test_a_build_stops_before_its_budget_and_the_next_goes_on(shared: Path, tmp_path: Path) -> None:
    project = served(tmp_path, shared, passages=30)
    with Server() as server:
        budget = at(server, XLFORGE_BUDGET="6000 tokens", XLFORGE_CONCURRENCY="2")
        done = project.run("dvc", "repro", "instructions", check=False, env=budget)
        counts = server.counts()
        assert done.returncode != 0
        assert "instructions: stopped before the budget of 6,000 tokens for this dvc run is exceeded" in done.stderr
        assert "Traceback" not in done.stderr
        assert 0 < counts["answered"] < 30
        assert f"Left of this step: {30 - counts['answered']} responses" in done.stderr
        ran = project.repro(upto="instructions", env=at(server, XLFORGE_BUDGET="90000 tokens"))
        assert server.counts()["repeated"] == 0
    assert [record["hits"] for record in ran if record["stage"] == "instructions"] == [counts["answered"]]


@pytest.mark.slow
def test_a_killed_build_in_batch_mode_hands_nothing_in_twice(shared: Path, tmp_path: Path) -> None:
    """And makes the same rows as one that asks live."""
    project, live = served(tmp_path, shared, passages=20), served(tmp_path / "live", shared, passages=20)
    with Server(hosted={"seconds": 8}) as server:
        env = at(server, XLFORGE_MODE="batch")
        build = project.start("dvc", "repro", "instructions", env=env)
        while server.counts()["batches"] < 1:
            assert build.poll() is None
            time.sleep(0.1)
        os.killpg(build.pid, signal.SIGKILL)
        build.communicate()
        project.repro(upto="instructions", env=env)
        counts = server.counts()
        live.repro(upto="instructions", env=at(server))
    assert (counts["batches"], counts["received"], counts["repeated"]) == (1, 20, 0)
    assert not list((project.folder / ".xlforge" / "batches").glob("*.json*"))
    hashes = [each.lock()["instructions"]["outs"] for each in (project, live)]
    assert hashes[0] == hashes[1]

"""Builds that are killed at random moments: everything ends, nothing that is stored is asked again, and the rows are the same.

    KILLS=10 KILLS_SEED=7 python -m pytest -s tests/builds/test_random_kills.py

One project is built on from kill to kill, so that every kill meets what the ones before it left; a build that comes to its end
meanwhile is compared, and another begun. The server tells what was asked.
"""

from __future__ import annotations

import os
import random
import signal
import subprocess
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import psutil
import pytest

from tests.builds.asked import Clean, asked, held, outs
from tests.builds.test_endpoint_builds import at
from tests.project import Project
from tests.server import Server

KILLS = int(os.environ.get("KILLS", "2"))
"""Of each kind; ten take about eight minutes."""
SEED = int(os.environ.get("KILLS_SEED", time.time_ns() % 1_000_000))
SLOTS = 4
"""Requests in flight."""
REQUESTS, SECONDS = 20, 3.0
"""From a build's start to its kill: a random number of requests, fewer than these, and then a random time."""


def kill_group(build: subprocess.Popen[str], stage: psutil.Process | None) -> None:
    os.killpg(build.pid, signal.SIGKILL)


def kill_dvc(build: subprocess.Popen[str], stage: psutil.Process | None) -> None:
    build.kill()


def kill_stage(build: subprocess.Popen[str], stage: psutil.Process | None) -> None:
    assert stage is not None
    stage.kill()


def kill_any(build: subprocess.Popen[str], stage: psutil.Process | None) -> None:
    """Any process of the build: DVC, its shell, the stage, or one that the stage started."""
    root = psutil.Process(build.pid)
    random.choice([root, *root.children(recursive=True)]).kill()


Kill = Callable[[subprocess.Popen[str], psutil.Process | None], None]


def stage_of(build: subprocess.Popen[str]) -> psutil.Process | None:
    """The stage that runs, the uppermost of its processes."""
    try:
        for process in psutil.Process(build.pid).children(recursive=True):
            if any(word.startswith("stages.") for word in process.cmdline()):
                return process
    except psutil.Error:
        pass
    return None


def living(mark: str) -> list[psutil.Process]:
    """Every process that has the mark in its environment."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.status() != psutil.STATUS_ZOMBIE and process.environ().get("BUILD") == mark:
                found.append(process)
        except psutil.Error:
            continue
    return found


class Line:
    """A project that is built on from kill to kill."""

    def __init__(self, project: Project, server: Server, made: dict[str, object]) -> None:
        self.project, self.server, self.made, self.mark = project, server, made, uuid.uuid4().hex
        self.env = at(server, XLFORGE_CONCURRENCY=str(SLOTS), BUILD=self.mark)
        self.lost = self.again = 0
        self.bought: set[bytes] = set()

    def run(self, kill: Kill | None = None, requests: int = 0, seconds: float = 0) -> str | None:
        """Builds on, and is killed so many seconds after so many requests; what ended it, or None where it came to its end before."""
        before, seen = held(self.project), len(asked(self.server))
        build = self.project.start("dvc", "repro", "dataset", env=self.env)
        cause = self._killed(build, kill, seen + requests, seconds)
        said = build.communicate()[0]
        while self.server.counts()["now"]:
            time.sleep(0.05)
        sent, after = asked(self.server)[seen:], held(self.project)
        assert before <= after
        assert not before & set(sent), "what was stored was asked again"
        assert len(sent) == len(set(sent))
        lost = set(sent) - after
        assert len(lost) <= SLOTS, "more was lost than was in flight"
        self.lost += len(lost)
        self.again += len(self.bought & set(sent))
        self.bought |= set(sent)
        if cause is None:
            assert build.returncode == 0, said
            assert outs(self.project) == self.made
            assert not lost
            assert after == self.bought
        return cause and f"{cause}, {len(after)} stored, {len(lost)} lost in flight"

    def _killed(self, build: subprocess.Popen[str], kill: Kill | None, received: int, seconds: float) -> str | None:
        while kill is not None and build.poll() is None and self.server.counts()["received"] < received:
            time.sleep(0.02)
        with suppress(subprocess.TimeoutExpired):
            build.wait(None if kill is None else seconds)
        while kill is not None and build.poll() is None:
            stage = stage_of(build)
            if kill is kill_stage and stage is None:
                time.sleep(0.02)
                continue
            try:
                name = " ".join(stage.cmdline()[2:]) if stage else "dvc"
                kill(build, stage)
            except (psutil.NoSuchProcess, ProcessLookupError):
                continue
            start = time.monotonic()
            while left := living(self.mark):
                assert time.monotonic() < start + 5, f"{kill.__name__} during {name} left {left}"
                time.sleep(0.02)
            return f"{kill.__name__} in {name}, all ended in {time.monotonic() - start:.1f} s"
        return None


@pytest.mark.slow
def test_kills_at_random_moments_buy_nothing_twice_and_change_no_row(clean: Clean, tmp_path: Path) -> None:
    random.seed(SEED)
    count = 0
    kinds: list[Kill] = [kill_group, kill_dvc, kill_stage, kill_any] * KILLS
    random.shuffle(kinds)
    print(f"\nKILLS_SEED={SEED}")
    with Server(latency=0.6) as server:
        lines = [Line(clean.project.copy(tmp_path / "0"), server, clean.outs)]
        while kinds:
            cause = lines[-1].run(kinds[-1], random.randrange(REQUESTS), random.uniform(0, SECONDS))
            if cause is None:
                print("the build came to its end, with equal outs; another begins")
                lines.append(Line(clean.project.copy(tmp_path / str(len(lines))), server, clean.outs))
                continue
            kinds.pop()
            count += 1
            print(f"{count}: {cause}")
        assert lines[-1].run() is None
    for line in lines:
        assert line.again <= line.lost
    lost, again = (sum(getattr(line, name) for line in lines) for name in ("lost", "again"))
    print(f"{count} kills: 0 stored answers asked again, {again} asked twice of {lost} in flight; equal outs")

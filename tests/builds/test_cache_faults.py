"""The store fails under a build in every way a database can: nothing is bought twice but what was in flight, and the rows are the same."""

from __future__ import annotations

import os
import shutil
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.builds.asked import Clean, outs
from tests.builds.test_endpoint_builds import at
from tests.postgres import Postgres
from tests.project import Project
from tests.server import Server
from xlforge.cache import Cache

pytestmark = pytest.mark.slow

SLOTS = 8
"""Requests in flight."""


def build(project: Project, server: Server, url: str) -> subprocess.Popen[str]:
    env = at(server, XLFORGE_CACHE=url, XLFORGE_CONCURRENCY=str(SLOTS))
    return project.start("dvc", "repro", "dataset", env=env)


def finish(running: subprocess.Popen[str]) -> None:
    said = running.communicate(timeout=600)[0]
    assert running.returncode == 0, said


def held(url: str) -> int:
    with Cache(url) as store:
        return sum(store.models().values())


def wait_for_answers(url: str, count: int) -> None:
    end = time.monotonic() + 300
    while held(url) < count:
        assert time.monotonic() < end, "the build did not get that far in time"
        time.sleep(0.2)


def test_postgres_that_is_restarted_is_waited_for(clean: Clean, postgres: Postgres, tmp_path: Path) -> None:
    project, made = clean.project.copy(tmp_path / "project"), clean.outs
    url = postgres.database()
    with Server(latency=0.5) as server:
        running = build(project, server, url)
        for count in (3, 30):
            wait_for_answers(url, count)
            postgres.restart(away=2)
        finish(running)
        counts = server.counts()
    assert counts["repeated"] == 0
    assert counts["answered"] == held(url)
    assert outs(project) == made


def test_a_busy_sqlite_is_waited_for(clean: Clean, tmp_path: Path) -> None:
    project, made = clean.project.copy(tmp_path / "project"), clean.outs
    path = tmp_path / "cache.sqlite"
    over = threading.Event()

    def hold() -> None:
        """Somebody else writes nearly all the time."""
        with sqlite3.connect(path, timeout=60, isolation_level=None) as other:
            while not over.is_set():
                other.execute("BEGIN IMMEDIATE")
                time.sleep(1.5)
                other.execute("ROLLBACK")
                time.sleep(0.1)

    Cache(f"sqlite:///{path}").close()
    holder = threading.Thread(target=hold)
    holder.start()
    try:
        with Server() as server:
            finish(build(project, server, f"sqlite:///{path}"))
            counts = server.counts()
    finally:
        over.set()
        holder.join()
    assert counts["repeated"] == 0
    assert outs(project) == made


@contextmanager
def disk(folder: Path, size: str) -> Iterator[None]:
    """A file system of a size at a folder."""
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={size}", "none", str(folder)]
    if os.geteuid() != 0 or subprocess.run(mount, check=False).returncode:
        pytest.skip("a small tmpfs can only be mounted by root")
    try:
        yield
    finally:
        subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of half a megabyte."""
    with disk(tmp_path / "small", "448k"):
        yield tmp_path / "small"


def test_a_full_disk_ends_the_build_with_what_was_bought_and_it_goes_on_from_there(
    clean: Clean, small: Path, tmp_path: Path
) -> None:
    project, made = clean.project.copy(tmp_path / "project"), clean.outs
    url = f"sqlite:///{small}/cache.sqlite"
    with Server(latency=0.05) as server:
        running = build(project, server, url)
        said = running.communicate(timeout=600)[0]
        assert running.returncode != 0
        assert "does not work: database or disk is full" in said
        assert "Traceback" not in said
        answered = server.counts()["answered"]
        subprocess.run(["mount", "-o", "remount,size=64m", small], check=True)
        kept = held(url)
        assert answered - SLOTS <= kept <= answered
        assert kept > 0
        finish(build(project, server, url))
        counts = server.counts()
    assert counts["repeated"] <= SLOTS
    assert outs(project) == made


def test_a_full_disk_under_all_that_a_build_writes_is_no_more_harm(clean: Clean, tmp_path: Path) -> None:
    """Cache, outs, scratch and dvc's cache lie on it; it fills up twice, each time after a few stages."""
    place = tmp_path / "disk"
    with disk(place, "2g"), Server(latency=0.05) as server:
        project, ballast = clean.project.copy(place / "project"), place / "ballast"
        # On a full disk Python 3.11 leaves compiled modules that are cut, and cannot import them later.
        env = at(server, XLFORGE_CONCURRENCY=str(SLOTS)) | {"PYTHONDONTWRITEBYTECODE": "1"}
        for left in (300_000, 300_000):
            subprocess.run(["fallocate", "-l", str(shutil.disk_usage(place).free - left), ballast], check=True)
            ended = project.run("dvc", "repro", "dataset", check=False, env=env)
            assert ended.returncode != 0
            told = ("No space left on device", "disk is full", "see that there is room")
            assert any(words in ended.stderr for words in told), ended.stderr
            ballast.unlink()
        project.repro(env=env)
        assert server.counts()["repeated"] <= 2 * SLOTS
        assert outs(project) == clean.outs


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_two_builds_at_once_on_one_store_buy_each_answer_once(
    clean: Clean, tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    made = clean.outs
    two = [clean.project.copy(tmp_path / name) for name in ("one", "two")]
    url = f"sqlite:///{tmp_path}/cache.sqlite" if kind == "sqlite" else request.getfixturevalue("postgres").database()
    with Server(latency=0.2) as server:
        running = [build(project, server, url) for project in two]
        for each in running:
            finish(each)
        counts = server.counts()
    assert counts["repeated"] == 0
    assert counts["answered"] == held(url)
    assert [outs(project) for project in two] == [made, made]
    calls = [sum(record["calls"] for record in project.runs()) for project in two]
    assert sum(calls) == counts["answered"]

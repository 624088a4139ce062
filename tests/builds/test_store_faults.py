"""The store fails under a build in every way a database can: nothing is bought twice but what was in flight, and the rows are the same."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.builds.test_endpoint_builds import at, served
from tests.postgres import Absent, Postgres
from tests.project import Project
from tests.server import Server
from xlforge.execution.store import Store

pytestmark = pytest.mark.slow

PASSAGES = 16
SLOTS = 8
"""Requests in flight."""


def outs(project: Project) -> dict[str, Any]:
    """What each stage made."""
    return {stage: entry["outs"] for stage, entry in project.lock().items()}


@pytest.fixture(scope="module")
def clean(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, dict[str, Any]]:
    """A project that is not built, and what a build of it makes that nothing befalls."""
    project = served(tmp_path_factory.mktemp("clean"), shared, PASSAGES)
    other = project.copy(tmp_path_factory.mktemp("reference") / "project")
    with Server() as server:
        other.repro(env=at(server))
    return project, outs(other)


@pytest.fixture(scope="module")
def postgres() -> Iterator[Postgres]:
    pytest.importorskip("psycopg")
    try:
        server = Postgres().__enter__()
    except Absent as reason:
        pytest.skip(str(reason))
    yield server
    server.__exit__()


def build(project: Project, server: Server, url: str) -> subprocess.Popen[str]:
    env = at(server, XLFORGE_STORE=url, XLFORGE_CONCURRENCY=str(SLOTS))
    return project.start("dvc", "repro", "dataset", env=env)


def finish(running: subprocess.Popen[str]) -> None:
    said = running.communicate(timeout=600)[0]
    assert running.returncode == 0, said


def held(url: str) -> int:
    with Store(url) as store:
        return sum(store.models().values())


def wait_for_answers(url: str, count: int) -> None:
    end = time.monotonic() + 300
    while held(url) < count:
        assert time.monotonic() < end, "the build did not get that far in time"
        time.sleep(0.2)


def test_postgres_that_is_restarted_is_waited_for(
    clean: tuple[Project, dict[str, Any]], postgres: Postgres, tmp_path: Path
) -> None:
    project, made = clean[0].copy(tmp_path / "project"), clean[1]
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


def test_a_busy_sqlite_is_waited_for(clean: tuple[Project, dict[str, Any]], tmp_path: Path) -> None:
    project, made = clean[0].copy(tmp_path / "project"), clean[1]
    path = tmp_path / "store.sqlite"
    over = threading.Event()

    def hold() -> None:
        """Somebody else writes nearly all the time."""
        with sqlite3.connect(path, timeout=60, isolation_level=None) as other:
            while not over.is_set():
                other.execute("BEGIN IMMEDIATE")
                time.sleep(1.5)
                other.execute("ROLLBACK")
                time.sleep(0.1)

    Store(f"sqlite:///{path}").close()
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


@pytest.fixture
def small(tmp_path: Path) -> Iterator[Path]:
    """A file system of half a megabyte."""
    folder = tmp_path / "small"
    folder.mkdir()
    if (
        os.geteuid() != 0
        or subprocess.run(["mount", "-t", "tmpfs", "-o", "size=448k", "none", folder], check=False).returncode
    ):
        pytest.skip("a small tmpfs can only be mounted by root")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


def test_a_full_disk_ends_the_build_with_what_was_bought_and_it_goes_on_from_there(
    clean: tuple[Project, dict[str, Any]], small: Path, tmp_path: Path
) -> None:
    project, made = clean[0].copy(tmp_path / "project"), clean[1]
    url = f"sqlite:///{small}/store.sqlite"
    with Server(latency=0.05) as server:
        running = build(project, server, url)
        said = running.communicate(timeout=600)[0]
        assert running.returncode != 0
        assert "cannot be written: database or disk is full" in said
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


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_two_builds_at_once_on_one_store_buy_each_answer_once(
    clean: tuple[Project, dict[str, Any]], tmp_path: Path, kind: str, request: pytest.FixtureRequest
) -> None:
    made = clean[1]
    two = [clean[0].copy(tmp_path / name) for name in ("one", "two")]
    url = f"sqlite:///{tmp_path}/store.sqlite" if kind == "sqlite" else request.getfixturevalue("postgres").database()
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

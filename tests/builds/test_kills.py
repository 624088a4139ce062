"""A build that is killed at any place ends whole, loses nothing that was bought, and finishes to the same bytes."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest
import yaml

from tests.project import Project

OTHER_CPU = {
    "ATEN_CPU_CAPABILITY": "default",
    "MKL_CBWR": "COMPATIBLE",
    "ONEDNN_MAX_CPU_ISA": "SSE41",
    "OPENBLAS_CORETYPE": "Nehalem",
}
"""What a shell may say of the processor; a build overrules it, so that every machine with AVX2 computes the same bytes."""
BATCH = {"XLFORGE_BATCH_SIZE": "4"}
"""Small batches, so that a stage stores its answers in several goes."""


def processes(project: Project) -> list[psutil.Process]:
    """Every living process that works in the project's folder."""
    found = []
    for process in psutil.process_iter():
        try:
            if Path(process.cwd()).is_relative_to(project.folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def answers(project: Project) -> int:
    """Answers in the store."""
    path = project.folder / ".xlforge" / "cache.sqlite"
    if not path.exists():
        return 0
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30) as store:
        try:
            return int(store.execute("select count(*) from responses").fetchone()[0])
        except sqlite3.OperationalError:
            return 0


def holder(project: Project) -> tuple[str, int] | None:
    """The stage that runs and its process."""
    path = project.folder / ".xlforge" / "holder"
    words = path.read_text().split() if path.exists() else []
    return (words[0], int(words[2].rstrip(")"))) if len(words) == 3 else None


def wait_for(what: Callable[[], bool], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.02)


STAGES = ("seeds", "instructions", "responses", "scores", "translations@de", "selection@de", "dataset")


def unbuilt(built: Project, folder: Path, first: str = "seeds") -> Project:
    """The project as if it had been built up to a stage, which never ran, as none after it did; no response is cached."""
    project = built.copy(folder)
    for path in (".xlforge", ".dvc/cache/runs", ".dvc/tmp"):
        shutil.rmtree(project.folder / path)
    lock = yaml.safe_load((project.folder / "dvc.lock").read_text())
    for stage in STAGES[STAGES.index(first) :]:
        for out in lock["stages"].pop(stage)["outs"]:
            path = project.folder / out["path"]
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    (project.folder / "dvc.lock").write_text(yaml.safe_dump(lock))
    return project


def kill_group(build: subprocess.Popen[str], stage: int) -> None:
    os.killpg(build.pid, signal.SIGKILL)


def kill_dvc(build: subprocess.Popen[str], stage: int) -> None:
    os.kill(build.pid, signal.SIGKILL)


def kill_stage(build: subprocess.Popen[str], stage: int) -> None:
    os.kill(stage, signal.SIGKILL)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("stage", "kill"),
    [("responses", kill_group), ("scores", kill_stage), ("selection@de", kill_dvc)],
)
def test_a_killed_build_ends_whole_and_finishes_with_nothing_bought_twice(
    built: Project, tmp_path: Path, stage: str, kill: Callable[[subprocess.Popen[str], int], None]
) -> None:
    project = unbuilt(built, tmp_path / "project", stage)
    build = project.start("dvc", "repro", "dataset", env=BATCH)
    wait_for(lambda: (holder(project) or ("", 0))[0] == stage.partition("@")[0], 360)
    before = answers(project)
    wait_for(lambda: answers(project) > before, 60)
    running = holder(project)
    assert running is not None
    kill(build, running[1])
    if kill is kill_stage:
        build.wait(timeout=10)
    wait_for(lambda: not processes(project), 5)
    build.wait(timeout=5)
    kept, done = answers(project), len(project.runs())
    project.repro(env=BATCH)
    bought = sum(record["calls"] for record in project.runs()[done:])
    assert bought == answers(project) - kept
    assert project.lock() == built.lock()


@pytest.mark.slow
def test_ctrl_c_is_reported_as_an_interruption_and_what_was_paid_for_is_cached(built: Project, tmp_path: Path) -> None:
    project = unbuilt(built, tmp_path / "project", "translations@de")
    build = project.start("dvc", "repro", "dataset", env=BATCH)
    wait_for(lambda: (holder(project) or ("", 0))[0] == "translations", 360)
    before = answers(project)
    wait_for(lambda: answers(project) > before, 60)
    os.killpg(build.pid, signal.SIGINT)
    printed, _ = build.communicate(timeout=15)
    assert "translations@de: interrupted; every response that arrived is in the cache" in printed
    assert "disk" not in printed
    assert "Traceback" not in printed
    wait_for(lambda: not processes(project), 5)
    assert answers(project) > before


@pytest.mark.slow
def test_a_second_build_in_the_same_checkout_is_refused_with_a_message(built: Project, tmp_path: Path) -> None:
    project = unbuilt(built, tmp_path / "project")
    build = project.start("dvc", "repro", "dataset", env=BATCH)
    wait_for(lambda: holder(project) is not None, 60)
    second = project.run("dvc", "repro", "dataset", check=False)
    assert second.returncode != 0
    assert "running" in second.stderr or "busy" in second.stderr or "lock" in second.stderr
    kill_group(build, 0)
    wait_for(lambda: not processes(project), 5)


@pytest.mark.slow
def test_two_clean_builds_in_two_folders_agree(built: Project, tmp_path: Path) -> None:
    other = unbuilt(built, tmp_path / "elsewhere" / "deeper")
    other.repro(env={"XLFORGE_BATCH_SIZE": "32", "XLFORGE_CONCURRENCY": "3", **OTHER_CPU})
    assert other.lock() == built.lock()

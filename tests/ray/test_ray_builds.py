"""Builds on a real Ray: the local build's bytes, its counts, nothing left behind, and nothing asked twice when something is killed."""

from __future__ import annotations

import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from tests.postgres import Postgres
from tests.project import ROOT, Project
from tests.ray import head
from tests.server import Server

pytestmark = pytest.mark.slow
SECRET = "-".join(("sk", "planted", "5ecre7"))
COUNTS = ("calls", "hits", "tokens_in", "tokens_out", "hits_tokens_in", "hits_tokens_out", "rows_out", "rejects")


@pytest.fixture(autouse=True)
def _with_ray() -> None:
    pytest.importorskip("ray")


def on_ray(place: Path, replicas: int = 2, **more: str) -> dict[str, str]:
    return {"XLFORGE_RUNTIME": "ray", "XLFORGE_RAY_REPLICAS": str(replicas), "TMPDIR": str(place)} | more


def processes(project: Project) -> list[psutil.Process]:
    """Those that work in a project, Ray's among them."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if Path(process.cwd()).is_relative_to(project.folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def workers(project: Project) -> list[psutil.Process]:
    """Ray's workers that have a step."""
    found = []
    for process in processes(project):
        with suppress(psutil.Error):
            if "ray::Replica" in " ".join(process.cmdline()[:1]):
                found.append(process)
    return found


def wait_for(what: Callable[[], object], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, "it did not come to pass in time"
        time.sleep(0.1)


def counts(project: Project) -> dict[str, dict[str, int]]:
    return {f"{run['stage']}@{run['item']}": {name: run[name] for name in COUNTS} for run in project.runs()}


def outs(project: Project, stage: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (project.folder / "data" / stage).iterdir() if path.is_file()}


def holding(secret: str, folder: Path) -> list[Path]:
    found = []
    for inside, _, names in os.walk(folder):  # which goes on where a folder goes away meanwhile, as Ray's do
        for path in (Path(inside, name) for name in names):
            with suppress(OSError):
                if path.is_file() and secret.encode() in path.read_bytes():
                    found.append(path)
    return found


def test_the_teacher_in_process_gives_the_local_builds_bytes(built: Project, tmp_path: Path, place: Path) -> None:
    project = built.copy(tmp_path / "project")
    for path in ("dvc.lock", ".xlforge", ".dvc/cache", ".dvc/tmp"):
        target = project.folder / path
        shutil.rmtree(target) if target.is_dir() else target.unlink()
    project.repro(env=on_ray(place, XLFORGE_RAY_STAGES="translations=4"))
    assert project.lock() == built.lock()
    assert counts(project) == counts(built)
    rows = len(project.read("selection", "candidates", "de"))
    assert counts(project)["selection@de"]["calls"] < rows, "no two rows asked the same: the test shows nothing"
    done = len(project.runs())
    project.run("dvc", "repro", "--single-item", "--force", "selection@de", env=on_ray(place))
    (again,) = project.runs()[done:]
    assert not again["calls"]
    assert again["hits"] == counts(built)["selection@de"]["calls"]
    assert project.lock() == built.lock()
    assert not processes(project)
    assert not list(place.glob("xlforge-*"))


def test_workers_share_a_postgres_and_no_secret_is_left_anywhere(
    seeded: Project, postgres: Postgres, tmp_path: Path, place: Path
) -> None:
    local, project = seeded.copy(tmp_path / "local"), seeded.copy(tmp_path / "project")
    store = postgres.database()
    with Server(key=SECRET) as server:
        at = {"XLFORGE_ENDPOINT": server.url, "XLFORGE_API_KEY": SECRET}
        local.repro(env=at)
        once = server.counts()
        build = project.start("dvc", "repro", "dataset", env=at | on_ray(place, 4, XLFORGE_CACHE=store))
        seen, leaks, ports = 0, list[Path](), set[str]()
        while build.poll() is None:
            seen = max(seen, len(workers(project)))
            leaks += holding(SECRET, place)
            for process in processes(project):
                with suppress(psutil.Error):
                    listening = [each for each in process.net_connections() if each.status == psutil.CONN_LISTEN]
                    ports |= {each.laddr.ip.removeprefix("::ffff:") for each in listening}
            time.sleep(0.5)
        told = build.communicate()[0]
        assert build.returncode == 0, told
        assert server.counts()["received"] == 2 * once["received"]
        assert server.counts()["answered"] == 2 * once["answered"]
    assert seen == 4
    assert project.lock() == local.lock()
    assert counts(project) == counts(local)
    assert ports == {"127.0.0.1"}
    assert not leaks
    assert SECRET not in told
    assert not holding(SECRET, project.folder)
    assert not processes(project)
    assert not list(place.glob("xlforge-*"))


@pytest.mark.parametrize("whom", ["stage", "dvc", "group", "nobody, but interrupted"])
def test_a_killed_stage_takes_its_ray_along_and_loses_only_what_was_in_flight(
    seeded: Project, tmp_path: Path, place: Path, whom: str
) -> None:
    project = seeded.copy(tmp_path / "project")
    flying = 4
    with Server(latency=0.5, slots=flying) as server:
        env = on_ray(place, XLFORGE_ENDPOINT=server.url, XLFORGE_CONCURRENCY=str(flying))
        build = project.start("dvc", "repro", "instructions", env=env)
        wait_for(lambda: server.counts()["answered"] >= 12, 180)
        if whom not in ("stage", "dvc"):
            os.killpg(build.pid, signal.SIGKILL if whom == "group" else signal.SIGINT)
        else:
            holder = (project.folder / ".xlforge" / "holder").read_text().split()
            victim = build.pid if whom == "dvc" else int(holder[2].rstrip(")"))
            psutil.Process(victim).send_signal(signal.SIGKILL)
        wait_for(lambda: not workers(project), 5)
        wait_for(lambda: not processes(project), 10)
        wait_for(lambda: not list(place.glob("xlforge-*")), 5)
        told = build.communicate(timeout=5)[0]
        assert ("interrupted; what was bought is in the store" in told) is (whom == "nobody, but interrupted")
        assert server.counts()["answered"] < 40
        project.repro(upto="instructions", env=env)
        assert server.counts()["repeated"] <= flying
    record = project.runs()[-1]
    assert record["hits"] >= 8
    assert record["rows_out"] + record["rejects"] == 40


def test_another_worker_takes_over_from_one_that_dies(seeded: Project, tmp_path: Path, place: Path) -> None:
    local, project = seeded.copy(tmp_path / "local"), seeded.copy(tmp_path / "project")
    flying = 4
    with Server() as server:
        local.repro(upto="instructions", env={"XLFORGE_ENDPOINT": server.url})
    with Server(latency=0.5, slots=flying) as server:
        env = on_ray(place, XLFORGE_ENDPOINT=server.url, XLFORGE_CONCURRENCY=str(flying))
        build = project.start("dvc", "repro", "instructions", env=env)
        wait_for(lambda: server.counts()["answered"] >= 8, 180)
        workers(project)[0].send_signal(signal.SIGKILL)
        told = build.communicate(timeout=180)[0]
        assert build.returncode == 0, told
        assert server.counts()["repeated"] <= flying // 2
    assert "a worker of Ray has died; another one goes on" in told
    assert outs(project, "instructions") == outs(local, "instructions")


def test_what_goes_wrong_in_a_worker_is_told_in_our_words(seeded: Project, tmp_path: Path, place: Path) -> None:
    project = seeded.copy(tmp_path / "project")
    with Server(key=SECRET) as server:
        env = on_ray(place, XLFORGE_ENDPOINT=server.url, XLFORGE_API_KEY="another")
        done = project.run("python", "-m", "stages.instructions", check=False, env=env)
    assert done.returncode != 0
    assert "XLFORGE_API_KEY" in done.stderr
    assert "Traceback" not in done.stderr
    assert "another" not in done.stderr
    assert project.runs()[-1]["status"] == "failed"
    wait_for(lambda: not processes(project), 5)


def test_all_workers_together_keep_to_the_budget(seeded: Project, tmp_path: Path, place: Path) -> None:
    project = seeded.copy(tmp_path / "project")
    with Server() as server:
        env = on_ray(place, 3, XLFORGE_ENDPOINT=server.url, XLFORGE_BUDGET="6000 tokens")
        done = project.run("python", "-m", "stages.instructions", check=False, env=env)
        assert 0 < server.counts()["answered"] < 40
    assert "stopped before the budget of 6,000 tokens" in done.stderr
    record = project.runs()[-1]
    assert record["calls"] == answers(project)
    assert 0 < record["tokens_in"] + record["tokens_out"] <= 6000


def answers(project: Project) -> int:
    """Answers in the project's store."""
    with closing(sqlite3.connect(project.folder / ".xlforge" / "cache.sqlite")) as store:
        return int(store.execute("select count(*) from answers").fetchone()[0])


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """A Ray of four CPUs that is there already; its address."""
    words = [sys.executable, "-m", "tests.ray.head", str(folder)]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()
        process.wait(30)


def test_a_ray_that_is_there_gets_code_and_keys_and_is_left_running(
    seeded: Project, postgres: Postgres, tmp_path: Path, place: Path
) -> None:
    local, project = seeded.copy(tmp_path / "local"), seeded.copy(tmp_path / "project")
    (project.folder / ".env").write_text(f"XLFORGE_API_KEY={SECRET}\n")
    with Server(key=SECRET) as server, running(place) as address:
        local.repro(upto="instructions", env={"XLFORGE_ENDPOINT": server.url, "XLFORGE_API_KEY": SECRET})
        env = head.ENVIRONMENT | {
            "XLFORGE_ENDPOINT": server.url,
            "XLFORGE_RUNTIME": "ray",
            "XLFORGE_RAY_ADDRESS": address,
        }
        project.repro(upto="instructions", env=env | {"XLFORGE_CACHE": postgres.database()})
        assert outs(project, "instructions") == outs(local, "instructions")
        crowded = {"XLFORGE_CACHE": postgres.database(), "XLFORGE_RAY_CPUS": "3", "XLFORGE_RAY_START": "20"}
        done = project.run("python", "-m", "stages.instructions", check=False, env=env | crowded)
        assert done.returncode != 0
        assert "not all 2 workers of Ray have started within 20 s, each with 3 CPUs" in done.stderr
        shipped = list(place.rglob("_ray_pkg_*"))
        assert shipped
        assert not [path for path in shipped if (path / ".env").exists() or (path / "data").exists()]
        assert not holding(SECRET, place)
        wait_for(lambda: not processes(project), 5)

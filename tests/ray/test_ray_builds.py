"""Builds on a real Ray: the bytes and counts of a local build, no process or secret left, nothing generated twice after a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

from tests.builds.test_kills import unbuilt
from tests.project import ROOT, Project
from tests.ray import head
from tests.server import Server

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("with_ray")]
SECRET = "-".join(("sk", "planted", "5ecre7"))
SENT = {"xlforge", "params.yaml", "models", ".xlforge"}
COUNTS = ("calls", "hits", "tokens_in", "tokens_out", "hits_tokens_in", "hits_tokens_out", "rows_out", "rejects")


def on_ray(place: Path, replicas: int = 2, **more: str) -> dict[str, str]:
    return {"XLFORGE_RUNTIME": "ray", "XLFORGE_RAY_REPLICAS": str(replicas), "TMPDIR": str(place)} | more


def processes(project: Project) -> list[psutil.Process]:
    """Those whose working directory is in a project, Ray's among them."""
    found = []
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if Path(process.cwd()).is_relative_to(project.folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
    return found


def workers(project: Project) -> list[psutil.Process]:
    """Ray's workers that have an engine."""
    found = []
    for process in processes(project):
        with suppress(psutil.Error):
            if "ray::Replica" in " ".join(process.cmdline()[:1]):
                found.append(process)
    return found


def wait_for(what: Callable[[], object], seconds: float) -> None:
    end = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < end, f"it did not happen in {seconds} s"
        time.sleep(0.1)


def counts(project: Project) -> dict[str, dict[str, int]]:
    return {f"{run['stage']}@{run['item']}": {name: run[name] for name in COUNTS} for run in project.runs()}


def outs(project: Project, stage: str) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (project.folder / "data" / stage).iterdir() if path.is_file()}


def holding(secret: str, folder: Path) -> list[Path]:
    found = []
    for inside, _, names in os.walk(folder):  # it goes on when a folder is removed meanwhile, as Ray's are
        for path in (Path(inside, name) for name in names):
            with suppress(OSError):
                if path.is_file() and secret.encode() in path.read_bytes():
                    found.append(path)
    return found


def test_a_model_in_process_gives_the_local_builds_bytes(built: Project, tmp_path: Path, place: Path) -> None:
    project = unbuilt(built, tmp_path / "project", "scores")
    project.repro(env=on_ray(place, XLFORGE_RAY_ROLES="translator=3"))
    assert project.lock() == built.lock()
    assert counts(project) == {stage: counts(built)[stage] for stage in counts(project)}
    assert len(counts(project)) == 4
    done = len(project.runs())
    project.run("dvc", "repro", "--single-item", "--force", "selection@de", env=on_ray(place))
    (again,) = project.runs()[done:]
    assert not again["calls"]
    assert again["hits"] == counts(built)["selection@de"]["calls"]
    assert project.lock() == built.lock()
    assert not processes(project)
    assert not list(place.glob("xlforge-*"))


def test_all_workers_generate_with_one_cache_file_and_no_secret_is_left_anywhere(
    seeded: Project, tmp_path: Path, place: Path
) -> None:
    local, project = seeded.copy(tmp_path / "local"), seeded.copy(tmp_path / "project")
    with Server(key=SECRET) as server:
        at = {"XLFORGE_ENDPOINT": server.url, "XLFORGE_API_KEY": SECRET}
        local.repro(upto="responses", env=at)
        once = server.counts()
        build = project.start("dvc", "repro", "responses", env=at | on_ray(place, 4))
        seen, leaks, ports = 0, list[Path](), set[str]()
        while build.poll() is None:
            seen = max(seen, len(workers(project)))
            leaks += holding(SECRET, place)
            for process in processes(project):
                with suppress(psutil.Error):
                    listening = [each for each in process.net_connections() if each.status == psutil.CONN_LISTEN]
                    ports |= {each.laddr.ip.removeprefix("::ffff:") for each in listening}
            time.sleep(0.5)
        printed = build.communicate()[0]
        assert build.returncode == 0, printed
        assert server.counts()["received"] == 2 * once["received"]
        assert server.counts()["answered"] == 2 * once["answered"]
    assert seen >= 4  # 5 were seen once on a busy machine: the list of processes is no snapshot
    assert project.lock() == local.lock()
    assert counts(project) == counts(local)
    assert ports == {"127.0.0.1"}
    assert not leaks
    assert SECRET not in printed
    assert not holding(SECRET, project.folder)
    assert not processes(project)
    assert not list(place.glob("xlforge-*"))


@pytest.mark.parametrize("whom", ["stage", "dvc", "group", "nobody, but interrupted"])
def test_a_killed_stage_takes_its_ray_along_and_loses_only_what_was_in_flight(
    seeded: Project, tmp_path: Path, place: Path, whom: str
) -> None:
    project = seeded.copy(tmp_path / "project")
    in_flight = 4
    with Server(latency=0.5, slots=in_flight) as server:
        env = on_ray(place, XLFORGE_ENDPOINT=server.url, XLFORGE_CONCURRENCY=str(in_flight))
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
        printed = build.communicate(timeout=5)[0]
        assert ("interrupted; " in printed) is (whom == "nobody, but interrupted")
        assert server.counts()["answered"] < 40
        project.repro(upto="instructions", env=env)
        assert server.counts()["repeated"] <= in_flight
    record = project.runs()[-1]
    assert record["hits"] >= 8
    assert record["rows_out"] + record["rejects"] == 40


def test_a_worker_that_is_killed_is_replaced(seeded: Project, tmp_path: Path, place: Path) -> None:
    local, project = seeded.copy(tmp_path / "local"), seeded.copy(tmp_path / "project")
    in_flight = 4
    with Server() as server:
        local.repro(upto="instructions", env={"XLFORGE_ENDPOINT": server.url})
    with Server(latency=0.5, slots=in_flight) as server:
        env = on_ray(place, XLFORGE_ENDPOINT=server.url, XLFORGE_CONCURRENCY=str(in_flight))
        build = project.start("dvc", "repro", "instructions", env=env)
        wait_for(lambda: server.counts()["answered"] >= 8, 180)
        workers(project)[0].send_signal(signal.SIGKILL)
        printed = build.communicate(timeout=180)[0]
        assert build.returncode == 0, printed
        assert server.counts()["repeated"] <= in_flight // 2
    assert "a Ray worker has died; its open requests are sent to a new one" in printed
    assert outs(project, "instructions") == outs(local, "instructions")


def test_an_error_in_a_worker_reaches_the_user_as_without_ray(seeded: Project, tmp_path: Path, place: Path) -> None:
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
        answered = server.counts()["answered"]
    assert "stopped before the budget of 6,000 tokens" in done.stderr
    record = project.runs()[-1]
    assert record["calls"] == answered
    assert 0 < answered < 40
    assert 0 < record["tokens_in"] + record["tokens_out"] <= 6000


@contextmanager
def running(folder: Path) -> Iterator[str]:
    """A Ray of four CPUs that runs already; its address."""
    words = [sys.executable, "-m", "tests.ray.head", str(folder)]
    with subprocess.Popen(words, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin is not None and process.stdout is not None
        yield process.stdout.readline().strip()
        process.stdin.close()
        process.wait(30)


def test_a_cluster_gets_code_keys_and_weights_and_goes_on_running(
    seeded: Project, built: Project, tmp_path: Path, place: Path
) -> None:
    local, project = seeded.copy(tmp_path / "local"), seeded.copy(tmp_path / "project")
    (project.folder / ".env").write_text(f"XLFORGE_API_KEY={SECRET}\n")
    with Server(key=SECRET) as server, running(place) as address:
        local.repro(upto="instructions", env={"XLFORGE_ENDPOINT": server.url, "XLFORGE_API_KEY": SECRET})
        on_cluster = head.ENVIRONMENT | {"XLFORGE_RUNTIME": "ray", "XLFORGE_RAY_ADDRESS": address}
        env = on_cluster | {"XLFORGE_ENDPOINT": server.url}
        project.repro(upto="instructions", env=env)
        assert outs(project, "instructions") == outs(local, "instructions")
        crowded = {
            "XLFORGE_RAY_CPUS": "3",
            "XLFORGE_RAY_START": "20",
            "XLFORGE_CACHE": f"sqlite:///{tmp_path}/new.sqlite",
        }
        done = project.run("python", "-m", "stages.instructions", check=False, env=env | crowded)
        assert done.returncode != 0
        assert "not all 2 Ray workers started in 20 s, each with 3 CPUs" in done.stderr
        in_process = built.copy(tmp_path / "in-process")
        new = {"XLFORGE_CACHE": f"sqlite:///{tmp_path}/newer.sqlite"}
        in_process.run("dvc", "repro", "--single-item", "--force", "instructions", env=on_cluster | new)
        assert outs(in_process, "instructions") == outs(built, "instructions")
        shipped = list(place.rglob("_ray_pkg_*"))
        assert [path for path in shipped if (path / "models").exists()]
        assert {name.name for path in shipped if path.is_dir() for name in path.iterdir()} <= SENT
        assert not holding(SECRET, place)
        wait_for(lambda: not processes(project), 5)

"""Row-wise work in several processes: the same rows, whichever process did the work, and every error reported."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from xlforge.base import workers
from xlforge.base.errors import BuildError


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shares out at once, to two processes."""
    monkeypatch.setattr(workers, "_ALONE", 0.02)
    monkeypatch.setattr(workers, "_WORTH", 0.0)
    monkeypatch.setattr(workers, "_SHARE", 0.01)
    monkeypatch.setattr(workers, "_cores", lambda: 2)


def slowly(number: int) -> tuple[int, int]:
    time.sleep(0.002)
    return number * number, os.getpid()


@pytest.mark.usefixtures("shared")
def test_pieces_are_shared_out_and_come_back_in_order() -> None:
    made = workers.each(slowly, range(200), "squares")
    assert [value for value, _ in made] == [number * number for number in range(200)]
    assert len({process for _, process in made}) == 3, "this process, and two others"


def test_short_work_is_done_here_and_reports_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert {process for _, process in workers.each(slowly, range(20), "squares")} == {os.getpid()}
    assert capsys.readouterr().err == ""


def picky(number: int) -> int:
    time.sleep(0.002)
    if number == 150:
        raise ValueError("150 is not accepted")
    return number


_ENDLESS = """
from tests.base.test_workers import slowly
from xlforge.base import workers
workers._ALONE, workers._WORTH, workers._SHARE = 0.02, 0.0, 0.01
workers._cores = lambda: 2
if __name__ == "__main__":
    workers.each(slowly, range(1_000_000), "squares")
"""


@pytest.mark.parametrize("whom", ["worker", "fork server"])
def test_a_stage_ends_within_five_seconds_when_any_of_its_processes_is_killed(tmp_path: Path, whom: str) -> None:
    script = tmp_path / "endless.py"
    script.write_text(_ENDLESS)
    env = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    stage = subprocess.Popen([sys.executable, script], env=env, stderr=subprocess.PIPE, text=True)
    process = psutil.Process(stage.pid)
    servers: list[psutil.Process] = []
    while not servers or len(servers[0].children()) < 2:
        assert stage.poll() is None
        servers = [child for child in process.children() if "forkserver" in " ".join(child.cmdline())]
        time.sleep(0.05)
    below = process.children(recursive=True)
    (servers[0] if whom == "fork server" else servers[0].children()[0]).kill()
    _, error = stage.communicate(timeout=5)
    assert stage.returncode != 0
    assert "the system ended one of 2 processes" in error
    assert not [child for child in psutil.wait_procs(below, timeout=5)[1] if child.is_running()]


@pytest.mark.usefixtures("shared")
def test_an_error_in_a_worker_is_raised_here() -> None:
    with pytest.raises(ValueError, match="150 is not accepted"):
        workers.each(picky, range(200), "picky")


def doomed(here: int, number: int) -> int:
    time.sleep(0.002)
    if number == 150 and os.getpid() != here:
        os.kill(os.getpid(), signal.SIGKILL)
    return number


@pytest.mark.usefixtures("shared")
def test_a_worker_that_the_system_ends_is_an_error() -> None:
    with pytest.raises(BuildError, match=r"checks: the system ended one of 2 processes.*memory"):
        workers.each(partial(doomed, os.getpid()), range(200), "checks")


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("count", [1, 2])
def test_long_work_reports_its_progress(
    count: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "_cores", lambda: count)
    monkeypatch.setattr("xlforge.base.progress._EVERY", 0.05)
    monkeypatch.setattr("xlforge.base.progress._SHORT", 0.05)
    made: list[Any] = workers.each(slowly, range(150), "check")
    lines = capsys.readouterr().err.splitlines()
    assert len(made) == 150
    assert lines[0].startswith("check: ")
    assert lines[0].endswith(" left")
    assert lines[-1] == "check: 150/150 rows"

"""One stage at a time holds a checkout; a killed holder frees it, and its children end with it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from xlforge.base import guard

HOLD = """
import time
from xlforge.base import guard
with guard.alone("scores"):
    print("held", flush=True)
    time.sleep(60)
"""
FORK = """
import os, time
from xlforge.base import guard
guard.die_with_parents()
if os.fork() == 0:
    time.sleep(60)
print("forked", flush=True)
time.sleep(60)
"""

SHARE = """
import threading, time
from xlforge.base import guard, workers
workers._ALONE, workers._WORTH, workers._cores = 0.01, 0.0, lambda: 2
guard.die_with_parents()
threading.Thread(target=workers.each, args=(time.sleep, [0.1] * 600, "step"), daemon=True).start()
time.sleep(1.5)
print("shared out", flush=True)
time.sleep(60)
"""
"""Its processes: the fork server, two workers, and Python's tracker of resources."""

WATCH = """
import os, sys, time
from xlforge.base import guard
guard.die_with_parents()
print(os.getpid(), flush=True)
if sys.argv[1] == "full":
    print("x" * 1_000_000, file=sys.stderr)
time.sleep(60)
"""


def started(code: str, folder: Path) -> subprocess.Popen[str]:
    process = subprocess.Popen([sys.executable, "-c", code], cwd=folder, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    process.stdout.readline()
    return process


def test_a_live_holder_is_named_and_a_dead_one_frees_the_checkout(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(guard, "_WAIT_FOR_PREDECESSOR", 0.2)
    holder = started(HOLD, tmp_path)
    with pytest.raises(guard.Busy, match=rf"scores \(process {holder.pid}\) is still running"), guard.alone("dataset"):
        pass
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    with guard.alone("dataset"):
        assert "dataset" in Path(".xlforge/holder").read_text()


@pytest.mark.parametrize(("code", "count"), [(FORK, 1), (SHARE, 4)], ids=["a fork", "workers"])
def test_children_and_theirs_end_with_a_killed_stage(tmp_path: Path, code: str, count: int) -> None:
    stage = started(code, tmp_path)
    below = psutil.Process(stage.pid).children(recursive=True)
    assert len(below) == count
    os.kill(stage.pid, signal.SIGKILL)
    stage.wait()
    end = time.monotonic() + 5
    while any(child.is_running() and child.status() != psutil.STATUS_ZOMBIE for child in below):
        assert time.monotonic() < end
        time.sleep(0.05)


@pytest.mark.parametrize("stderr", ["read", "closed", "full"])
def test_a_stage_ends_with_what_started_it_whether_or_not_it_is_heard(tmp_path: Path, stderr: str) -> None:
    code = "import subprocess, sys; subprocess.run([sys.executable, '-c', *sys.argv[1:]])"
    above = subprocess.Popen(
        [sys.executable, "-c", code, WATCH, stderr], cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert above.stdout is not None
    assert above.stderr is not None
    stage = psutil.Process(int(above.stdout.readline()))
    if stderr == "closed":
        above.stderr.close()
    above.kill()
    end = time.monotonic() + 5
    while stage.is_running() and stage.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end
        time.sleep(0.05)
    if stderr == "read":
        assert b"so does the stage" in above.stderr.read()


@pytest.mark.parametrize(("holder", "ends"), [("gone", True), ("lives", False), (None, False)])
def test_a_stage_whose_dvc_is_gone_before_it_watches_ends_at_once(
    tmp_path: Path, holder: str | None, ends: bool
) -> None:
    """DVC's lock names who builds; where that one lives, DVC was called from another's Python."""
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    if holder:
        info = {"pid": gone.pid if holder == "gone" else os.getpid(), "cmd": "repro"}
        (tmp_path / ".dvc" / "tmp").mkdir(parents=True)
        (tmp_path / ".dvc" / "tmp" / "rwlock").write_text(json.dumps({"write": {"out": info}, "read": {"in": [info]}}))
    code = "from xlforge.base import guard; guard.die_with_parents(); print('goes on')"
    stage = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=os.environ | {"DVC_STAGE": "scores"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert stage.returncode == (-signal.SIGKILL if ends else 0)
    assert ("has ended; so does the stage" in stage.stderr) is ends
    assert stage.stdout == ("" if ends else "goes on\n")


def test_a_real_dvc_that_is_killed_while_its_stage_starts_takes_the_stage_with_it(tmp_path: Path) -> None:
    (tmp_path / "stage.py").write_text(
        "import sys, time; from pathlib import Path; Path('begun').touch(); time.sleep(2)\n"
        "from xlforge.base import guard; guard.die_with_parents(); Path('goes_on').touch(); time.sleep(60)\n"
    )
    (tmp_path / "dvc.yaml").write_text(f"stages:\n  slow:\n    cmd: {sys.executable} stage.py\n    outs: [never]\n")
    for words in (["git", "init", "-q"], [sys.executable, "-m", "dvc", "init", "-q"]):
        subprocess.run(words, cwd=tmp_path, check=True)
    dvc = subprocess.Popen([sys.executable, "-m", "dvc", "repro", "-q"], cwd=tmp_path, start_new_session=True)
    wait = time.monotonic() + 30
    while not (tmp_path / "begun").exists():
        assert time.monotonic() < wait, "the stage has not begun"
        time.sleep(0.05)
    below = psutil.Process(dvc.pid).children(recursive=True)
    dvc.kill()
    dvc.wait()
    _, left = psutil.wait_procs(below, timeout=10)
    for process in left:
        process.kill()
    assert not left
    assert not (tmp_path / "goes_on").exists()

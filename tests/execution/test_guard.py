"""One stage at a time holds a checkout; a killed holder frees it, and its children end with it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from xlforge.execution import guard

HOLD = """
import time
from xlforge.execution import guard
with guard.alone("scores"):
    print("held", flush=True)
    time.sleep(60)
"""
FORK = """
import os, time
from xlforge.execution import guard
guard.die_with_parents()
if os.fork() == 0:
    time.sleep(60)
print("forked", flush=True)
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


def test_forked_children_end_with_a_killed_stage(tmp_path: Path) -> None:
    stage = started(FORK, tmp_path)
    (child,) = psutil.Process(stage.pid).children()
    os.kill(stage.pid, signal.SIGKILL)
    stage.wait()
    end = time.monotonic() + 5
    while child.is_running() and child.status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_stage_whose_dvc_is_gone_before_it_watches_ends_at_once() -> None:
    code = "from xlforge.execution import guard; guard.die_with_parents(); print('goes on')"
    orphan = subprocess.run(
        [sys.executable, "-c", code],
        env=os.environ | {"DVC_STAGE": "scores"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert orphan.returncode == -signal.SIGKILL
    assert "has ended; so does the stage" in orphan.stderr
    assert orphan.stdout == ""

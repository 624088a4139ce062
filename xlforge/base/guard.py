"""Processes die with their parents, and one build at a time runs in a checkout.

There are three generations: dvc, the stage, and its workers. If one of them is killed, those below it must end too, or a model goes
on and holds the cache. The kernel ends a forked child when its parent ends; the stage itself watches the processes above it up to dvc.
The first works on Linux alone.
"""

import ctypes
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import chain
from pathlib import Path
from typing import Any

import psutil

from xlforge.base.errors import BuildError
from xlforge.base.locks import Lock

_PR_SET_PDEATHSIG = 1
_LIBC = ctypes.CDLL(None) if sys.platform == "linux" else None
_LOOK_EVERY = 0.5
_WAIT_FOR_PREDECESSOR = 10.0


class Busy(BuildError):
    """Another build holds the checkout."""


def die_with_parents() -> None:
    """From now on: forked children end with this process, and this process ends with dvc or whatever started it."""
    os.register_at_fork(after_in_child=end_with_parent)
    above = up_to_dvc(psutil.Process())
    if "DVC_STAGE" in os.environ and not any(map(_is_dvc, above)) and _dvc_is_gone():
        _end()
    if above:
        threading.Thread(target=_watch, args=(above,), daemon=True, name="guard").start()


def end_with_parent(number: signal.Signals = signal.SIGKILL) -> None:
    """From now on the kernel sends this process a signal when its parent ends; one whose parent is gone already ends at once."""
    if _LIBC is not None:
        _LIBC.prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() == 1:
            os._exit(1)


def up_to_dvc(process: psutil.Process) -> list[Any]:
    """The processes between here and the dvc that started the stage; only the parent where there is no dvc."""
    parents: list[Any] = process.parents()
    for number, parent in enumerate(parents):
        if _is_dvc(parent):
            return parents[: number + 1]
    return parents[:1]


def _is_dvc(process: Any) -> bool:
    try:
        words = process.cmdline()
    except psutil.Error:
        return False
    return any(Path(word).name == "dvc" for word in words[:3]) or words[1:3] == ["-m", "dvc"]


def _dvc_is_gone() -> bool:
    """Whether dvc was killed while the stage was starting: nobody lives whom its lock names, and the shell in between waits on.

    No dvc among the parents is not enough: DVC may be called from another's Python.
    """
    try:
        held = json.loads(Path(".dvc/tmp/rwlock").read_bytes())
    except (OSError, ValueError):
        return False
    holders = [*held.get("write", {}).values(), *chain.from_iterable(held.get("read", {}).values())]
    alive = {process.pid for process in psutil.process_iter() if _runs(process)}
    return bool(holders) and alive.isdisjoint(holder["pid"] for holder in holders)


def _watch(above: list[Any]) -> None:
    while all(map(_runs, above)):
        time.sleep(_LOOK_EVERY)
    _end()


def _runs(process: Any) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def _end() -> None:
    """Says so if anybody can still hear it, and ends this process in any case."""
    teller = threading.Thread(target=_tell, daemon=True)
    teller.start()
    teller.join(_LOOK_EVERY)
    os.kill(os.getpid(), signal.SIGKILL)


def _tell() -> None:
    with suppress(OSError, ValueError):
        print("the build that started this stage has ended; so does the stage", file=sys.stderr, flush=True)


@contextmanager
def alone(stage: str) -> Iterator[None]:
    """Holds the checkout for one stage. Waits a little for a predecessor that is just ending, then raises Busy.

    The lock is the kernel's, shared with the forked children: it is free only once the last of them is gone.
    """
    folder = Path(".xlforge")
    folder.mkdir(exist_ok=True)
    holder = folder / "holder"
    lock = Lock(folder / "lock")
    if not lock.wait(_WAIT_FOR_PREDECESSOR):
        who = holder.read_text(encoding="utf-8") if holder.exists() else "another stage"
        raise Busy(
            f"{who} is still running in this checkout; wait for it, or end it, and run `dvc repro` again "
            "(another checkout may build at the same time with the same cache)"
        )
    with lock:
        holder.write_text(f"{stage} (process {os.getpid()})", encoding="utf-8")
        yield

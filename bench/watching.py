"""What a command takes: wall and processor time and memory of all its processes, and of each stage among them."""

from __future__ import annotations

import math
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

import psutil

MEMORY, POWER = 4.0, 1.3
"""Gigabytes, and the power of the rows, that a benchmark of scale may not pass."""
_EVERY = 0.25
_STAGE = "stages."  # how the module of a stage begins


@dataclass
class Taken:
    """seconds: on the clock. cpu: seconds of processor time. gigabytes: the most memory at once; a page that several share counts once.

    stages: the same of each stage, as dvc names it, as far as looks at it show, up to four a second.
    """

    seconds: float = 0.0
    cpu: float = 0.0
    gigabytes: float = 0.0
    stages: dict[str, Taken] = field(default_factory=dict)


def watched(command: Sequence[str], cwd: Path, env: Mapping[str, str], log: Path) -> Taken:
    """Runs a command to its end; its words go to the file `log`. RuntimeError with the last of them if it fails."""
    taken, before, started = Taken(), _used_by_children(), time.monotonic()
    with log.open("wb") as out:
        process = subprocess.Popen(command, cwd=cwd, env=dict(env), stdout=out, stderr=subprocess.STDOUT)
    root = psutil.Process(process.pid)
    while process.poll() is None:
        looked = time.process_time()
        with suppress(psutil.NoSuchProcess):
            taken.gigabytes = max(taken.gigabytes, _look(root, taken.stages))
        time.sleep(max(_EVERY, 20 * (time.process_time() - looked)))
    taken.seconds, taken.cpu = time.monotonic() - started, _used_by_children() - before
    if process.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{log.read_text(errors='replace')[-3000:]}")
    return taken


def _look(root: psutil.Process, stages: dict[str, Taken]) -> float:
    """Gigabytes of all processes now; what the running stage has taken so far goes into `stages`."""
    memory = {}
    stage: tuple[str, psutil.Process] | None = None
    for process in (root, *root.children(recursive=True)):
        with suppress(psutil.Error):
            memory[process] = process.memory_full_info().pss / 1e9
            if stage is None and any(word.startswith(_STAGE) for word in process.cmdline()):
                stage = process.environ()["DVC_STAGE"], process
    if stage is not None:
        name, process = stage
        taken = stages.setdefault(name, Taken())
        with suppress(psutil.Error):
            own = [process, *process.children(recursive=True)]
            taken.seconds = time.time() - process.create_time()
            taken.cpu = max(taken.cpu, sum(sum(one.cpu_times()[:4]) for one in own))
            taken.gigabytes = max(taken.gigabytes, sum(memory.get(one, 0.0) for one in own))
    return float(sum(memory.values()))


def _used_by_children() -> float:
    used = getrusage(RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def growth(sizes: Sequence[int], seconds: Sequence[float]) -> float:
    """The power of the rows by which time grows between the last two sizes: 1 is linear, 2 quadratic."""
    return math.log(seconds[-1] / seconds[-2]) / math.log(sizes[-1] / sizes[-2])


def verdict(sizes: Sequence[int], seconds: Sequence[float], gigabytes: Sequence[float]) -> str | None:
    """What is wrong, if anything is."""
    if max(gigabytes) > MEMORY:
        return f"{max(gigabytes):.1f} GB are more than {MEMORY}"
    if len(sizes) > 1 and (power := growth(sizes, seconds)) > POWER:
        return f"time grew with the power {power:.2f} of the rows, which is more than {POWER}"
    return None

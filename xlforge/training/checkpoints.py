"""Where a training keeps its checkpoints: outside the stage's outs, which dvc deletes, and under a hash of all that decides it.

`.xlforge/training/<NAME>-<hash>` of the main checkout, so that a killed training goes on from the last checkpoint that is whole, also
from another checkout, and an edited recipe never goes on from another's. A folder belongs to who holds its lock.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import filelock

from xlforge.base.project import state

_WHOLE = "whole"


def place(name: str, key: str) -> Path:
    """The folder of one training of a student."""
    return state() / "training" / f"{name}-{key}"


@contextmanager
def held(name: str, key: str) -> Iterator[Path]:
    """The training's folder, for whoever comes first; folders of the student's other recipes are removed if nobody is at them.

    It is removed at the end, unless there was an error.
    """
    folder = place(name, key)
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = _lock(folder)
    for other in folder.parent.glob(f"{name}-*.lock"):
        if other != Path(lock.lock_file):
            _remove(other)
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        print(f"{name}: the same training runs in another checkout; waiting for it", file=sys.stderr, flush=True)
        lock.acquire()
    try:
        folder.mkdir(exist_ok=True)
        yield folder
        shutil.rmtree(folder)
    finally:
        lock.release()


def last(folder: Path) -> Path | None:
    """The newest checkpoint that was written to its end."""
    whole = [path.parent for path in folder.glob(f"checkpoint-*/{_WHOLE}")]
    return max(whole, key=step, default=None)


def step(checkpoint: Path | None) -> int:
    """The step a checkpoint was written after; 0 for none."""
    return int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0


def finish(folder: Path, after: int) -> None:
    """Says of the checkpoint after a step that it is whole."""
    (folder / f"checkpoint-{after}" / _WHOLE).touch()


def _lock(folder: Path) -> filelock.BaseFileLock:
    return filelock.FileLock(folder.with_name(f"{folder.name}.lock"))


def _remove(lock: Path) -> None:
    try:
        with filelock.FileLock(lock).acquire(timeout=0):
            shutil.rmtree(lock.with_suffix(""), ignore_errors=True)
            lock.unlink(missing_ok=True)
    except filelock.Timeout:
        return

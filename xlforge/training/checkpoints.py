"""The checkpoints of a training, in `.xlforge/training/<NAME>-<hash>` of the main checkout.

They are outside the stage's outs, because dvc deletes these before a run. The hash is over everything that decides the adapter. So a killed
training continues from its last complete checkpoint, also from another checkout, and never from the checkpoint of another recipe. One
process at a time holds a folder, by a lock.
"""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import filelock

from xlforge.base.project import state

_COMPLETE = "complete"
"""The file that is added to a checkpoint after all others."""


def folder_of(name: str, key: str) -> Path:
    """The folder of one training of a student."""
    return state() / "training" / f"{name}-{key}"


@contextmanager
def hold(name: str, key: str) -> Iterator[Path]:
    """The folder of a training, locked. Without an error it is removed at the end.

    Folders of the student's other recipes are removed, unless another process holds them.
    """
    folder = folder_of(name, key)
    folder.parent.mkdir(parents=True, exist_ok=True)
    lock = filelock.FileLock(folder.with_name(f"{folder.name}.lock"))
    for other in set(folder.parent.glob(f"{name}-*.lock")) - {Path(lock.lock_file)}:
        with suppress(filelock.Timeout), filelock.FileLock(other, timeout=0):
            shutil.rmtree(other.with_suffix(""), ignore_errors=True)
            other.unlink(missing_ok=True)
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


def latest(folder: Path) -> Path | None:
    """The newest complete checkpoint."""
    complete = [path.parent for path in folder.glob(f"checkpoint-*/{_COMPLETE}")]
    return max(complete, key=step, default=None)


def step(checkpoint: Path | None) -> int:
    """The step after which a checkpoint was written; 0 for None."""
    return int(checkpoint.name.rpartition("-")[2]) if checkpoint else 0


def mark_complete(folder: Path, after: int) -> None:
    """Marks the checkpoint after a step as complete."""
    (folder / f"checkpoint-{after}" / _COMPLETE).touch()

"""The checkpoints of a training, in `.xlforge/training/<NAME>-<hash>` of the main checkout.

They are outside the stage's outs, because dvc deletes these before a run. The hash is over everything that decides the adapter. So a killed
training continues from its last complete checkpoint, also from another checkout, and never from the checkpoint of another recipe. One
process at a time holds a folder, by a lock.
"""

import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from xlforge.base.locks import Lock
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
    path = folder.with_name(f"{folder.name}.lock")
    for file in set(folder.parent.glob(f"{name}-*.lock")) - {path}:
        if (other := Lock(file)).take():
            shutil.rmtree(file.with_suffix(""), ignore_errors=True)
            file.unlink(missing_ok=True)
            other.release()
    lock = Lock(path)
    if not lock.take():
        print(f"{name}: the same training runs in another checkout; waiting for it", file=sys.stderr, flush=True)
    with lock:
        folder.mkdir(exist_ok=True)
        yield folder
        shutil.rmtree(folder)


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

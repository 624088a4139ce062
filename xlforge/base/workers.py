"""Row-wise work, shared out among the machine's cores where there is much of it.

The result is the same wherever the work was done, so no stage depends on this module. Workers are started by a fork server, a process
without threads: engines and caches of this process have threads, and a fork would copy their locks.
"""

import os
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any, TypeVar

from xlforge.base.errors import BuildError
from xlforge.base.guard import end_with_parent
from xlforge.base.progress import Line

T = TypeVar("T")
R = TypeVar("R")

_ALONE = 1.0
"""Seconds of work after which one process looks how much is left."""
_WORTH = 6.0
"""Seconds of work left that are worth the start of other processes, which import for about two."""
_SHARE = 0.5
"""Seconds of work that are handed out at a time."""

_work: Callable[[Any], Any]


def each(work: Callable[[T], R], pieces: Sequence[T], label: str) -> list[R]:
    """What `work` makes of every piece, in order; with progress, where it takes long.

    Args:
        work: a picklable function of its piece alone: what it changes elsewhere is lost.
        pieces: picklable.
        label: what progress calls the work.

    Raises:
        BuildError: the system ended a worker. Also whatever `work` raises.
    """
    out: list[R] = []
    start = time.monotonic()
    while len(out) < len(pieces) and time.monotonic() - start < _ALONE:
        out.append(work(pieces[len(out)]))
    if left := pieces[len(out) :]:
        line = Line(label, "rows", len(pieces), len(out))
        at_once = max(1, int(len(out) * _SHARE / _ALONE))
        workers = min(_cores(), -(-len(left) // at_once)) if len(left) * _ALONE / len(out) > _WORTH else 1
        for made in _shared(work, left, at_once, workers, label):
            out.append(made)
            line.add(1)
        line.close()
    return out


def _shared(work: Callable[[T], R], pieces: Sequence[T], at_once: int, workers: int, label: str) -> Iterator[R]:
    """What is made of each piece, in order."""
    if workers == 1:
        yield from map(work, pieces)
        return
    try:
        with ProcessPoolExecutor(workers, get_context("forkserver"), _begin, (work,)) as pool:
            yield from pool.map(_do, pieces, chunksize=at_once)
    except BrokenProcessPool as error:
        raise BuildError(
            f"{label}: the system ended one of {workers} processes that worked on rows, most likely for want of memory: give "
            "the machine more, or the stage fewer cores with `taskset`, and run again"
        ) from error


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1


def _begin(work: Callable[[Any], Any]) -> None:
    """In a worker: it ends with the fork server and with the stage."""
    global _work  # noqa: PLW0603
    _work = work
    Thread(target=_end_with_stage, daemon=True).start()
    end_with_parent()


def _end_with_stage() -> None:
    """A worker that waits for work does not notice that the stage was killed, and the fork server stays as long as a worker does."""
    stage = parent_process()
    if stage is not None:
        stage.join()
        os._exit(1)


def _do(piece: Any) -> Any:
    return _work(piece)

"""One piece of work after another, shared out among the machine's cores where there is much of it.

What comes out is the same wherever it was worked on, so that no stage depends on this module. The processes are forked: they read their
pieces in the memory they share with this one, hand back only what they made, and end with it (`guard`).
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Any, TypeVar

from xlforge.core.errors import BuildError
from xlforge.execution.progress import Line

T = TypeVar("T")
R = TypeVar("R")

_ALONE = 1.0
"""Seconds of work that one process does by itself before others are worth their start."""
_SHARE = 0.5
"""Seconds of work that are handed out at a time."""

_mine: tuple[Callable[[Any], Any], Sequence[Any]]


def each(work: Callable[[T], R], pieces: Sequence[T], label: str) -> list[R]:
    """What `work` makes of every piece, in order; with progress, where it takes long.

    `work` has to be a function of its piece alone: what it changes elsewhere is lost. Raises what `work` raises, and BuildError where the
    system ends a process.
    """
    out: list[R] = []
    start = time.monotonic()
    while len(out) < len(pieces) and time.monotonic() - start < _ALONE:
        out.append(work(pieces[len(out)]))
    if len(out) < len(pieces):
        line = Line(label, "rows", len(pieces), len(out))
        at_once = max(1, int(len(out) * _SHARE / _ALONE))
        shares = [range(first, min(first + at_once, len(pieces))) for first in range(len(out), len(pieces), at_once)]
        for made in _shared(work, pieces, shares, label):
            out += made
            line.add(len(made))
        line.close()
    return out


def _shared(work: Callable[[T], R], pieces: Sequence[T], shares: Sequence[range], label: str) -> Iterator[list[R]]:
    """What is made of each share, in order."""
    workers = min(_cores(), len(shares))
    if workers == 1:
        for numbers in shares:
            yield [work(pieces[number]) for number in numbers]
        return
    try:
        with ProcessPoolExecutor(workers, get_context("fork"), _remember, (work, pieces)) as pool:
            yield from pool.map(_share, shares)
    except BrokenProcessPool as error:
        raise BuildError(
            f"{label}: the system ended one of {workers} processes that worked on rows, most likely for want of memory: see to "
            "its memory, or give it fewer cores with `taskset`, and run again"
        ) from error


def _cores() -> int:
    """Those that this process may use; one where it cannot be forked safely: with Ray, such steps are threads beside Ray's own."""
    alone = sys.platform == "linux" and threading.current_thread() is threading.main_thread()
    return len(os.sched_getaffinity(0)) if alone else 1


def _remember(work: Callable[[Any], Any], pieces: Sequence[Any]) -> None:
    global _mine  # noqa: PLW0603
    _mine = work, pieces


def _share(numbers: range) -> list[Any]:
    work, pieces = _mine
    return [work(pieces[number]) for number in numbers]

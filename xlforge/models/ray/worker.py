"""One worker of a Ray: a step that asks, with a store and an engine of its own. What it makes, took and says goes back to the stage.

Everything travels as bytes of ours: Ray's own packing knows no lone surrogates, and what a model says may hold them. Nothing of the
project is imported before the environment is set, since libraries read theirs when they are loaded.
"""

from __future__ import annotations

import io
import logging
import os
import pickle
import sys
import threading
import traceback
import warnings
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable

    from xlforge.base.rows import Row

_LOOK_EVERY = 0.5


@dataclass
class Sale:
    """What one call of the model's `generate` took.

    line: as the run log counts it. again: whether it asks again what could not be read. keys: of all requests; tokens: read and
    written, of those that were answered.
    """

    line: dict[str, Any]
    again: bool
    keys: list[str]
    tokens: dict[str, tuple[int, int]]


@dataclass
class Done:
    """What became of rows: the rows, or what went wrong in words; and what was taken for them."""

    rows: list[Row] | None = None
    trouble: str | None = None
    sales: list[Sale] = field(default_factory=list)


class Tally:
    """Counts in a worker what `xlforge.base.progress.Progress` would show; sums over all sales of the worker."""

    total: ClassVar[int] = 0
    found: ClassVar[int] = 0
    answered: ClassVar[int] = 0
    tokens: ClassVar[int] = 0
    failed: ClassVar[int] = 0

    def __init__(self, label: str, total: int, found: int) -> None:
        Tally.total += total
        Tally.found += found

    def add(self, rows: int, tokens: int, failed: int = 0) -> None:
        """As Progress."""
        Tally.answered += rows
        Tally.tokens += tokens
        Tally.failed += failed

    def find(self, rows: int) -> None:
        """As Progress."""
        Tally.found += rows

    def close(self) -> None:
        """As Progress."""

    @classmethod
    def sums(cls) -> tuple[int, int, int, int, int]:
        """total, found, answered, tokens, failed."""
        return cls.total, cls.found, cls.answered, cls.tokens, cls.failed


class Replica:
    """The actor. It does one thing at a time; `told` may be asked meanwhile."""

    def __init__(self, variables: dict[str, str | None]) -> None:
        """variables: of the environment; None removes one."""
        for name, value in variables.items():
            os.environ.pop(name, None) if value is None else os.environ.update({name: value})
        threading.Thread(target=_die_with_parent, daemon=True, name="guard").start()
        self._lines = _Lines()
        self._sales: list[Sale] = []

    def load(self, packed: bytes) -> str | None:
        """Takes over a step; what is wrong, in words, where that fails."""
        try:
            self._load(packed)
        except Exception as error:
            return _told(error)
        return None

    def work(self, packed: bytes) -> bytes:
        """Rows → Done, both pickled."""
        done = Done()
        error, sys.stderr = sys.stderr, self._lines
        try:
            done.rows = self._step._all(pickle.loads(packed))
        except Exception as fault:
            done.trouble = _told(fault)
        finally:
            sys.stderr = error
        done.sales = list(self._sales)
        self._sales.clear()
        return pickle.dumps(done)

    def told(self) -> bytes:
        """The tally so far, and the lines said since it was last asked for; pickled."""
        return pickle.dumps((Tally.sums(), self._lines.taken()))

    def unload(self) -> None:
        """Lets go of store and engine."""
        self._step.unload()

    def _load(self, packed: bytes) -> None:
        warnings.simplefilter("ignore")
        logging.getLogger().setLevel(os.environ.get("DISTILABEL_LOG_LEVEL", "CRITICAL"))
        from xlforge.config import packages
        from xlforge.steps import sale, stored

        packages.check()
        vars(sale)["Progress"] = Tally
        vars(stored).update(Sale=_counting(self._sales.append), append=_nowhere, note=_nowhere)
        self._step = pickle.loads(packed)
        self._step.load()


def _counting(sink: Callable[[Sale], None]) -> type[Any]:
    """The purchase of `xlforge.steps.sale`, which tells what it took."""
    from xlforge.steps import sale

    class Counting(sale.Sale):
        def record(self) -> dict[str, Any]:
            line, answers = super().record(), self._held | self._bought
            attempts = {request.attempt for request in self.wanted.values()}
            tokens = {key: (answer.tokens_in, answer.tokens_out) for key, answer in answers.items()}
            sink(Sale(line, 0 not in attempts, list(self.wanted), tokens))
            return line

    return Counting


class _Lines(io.TextIOBase):
    """What is said on stderr, line by line, until it is taken."""

    def __init__(self) -> None:
        self._text, self._lock = "", threading.Lock()

    def write(self, text: str, /) -> int:
        with self._lock:
            self._text += text
        return len(text)

    def taken(self) -> list[str]:
        with self._lock:
            whole, _, self._text = self._text.rpartition("\n")
        return whole.splitlines()


def _nowhere(*_: object) -> None:
    """Takes the place of what writes the stage's ledger, which is not here."""


def _told(error: Exception) -> str:
    """An error as the stage tells it: in our words, or with its traceback."""
    from xlforge.base.errors import BuildError

    return str(error) if isinstance(error, BuildError) else traceback.format_exc()


def _die_with_parent(still: Callable[[], int] = os.getppid) -> None:
    """A worker ends with the process of Ray that started it, whatever it is doing."""
    parent = still()
    while still() == parent:
        threading.Event().wait(_LOOK_EVERY)
    os._exit(1)

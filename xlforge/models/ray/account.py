"""What all workers of a step asked, counted as one process would count it.

A request that several rows share is one in a stage's metrics, also where the rows fall to several workers: the first one told counts,
and the others, which found its answer in the store, do not. A step may ask several questions of a row (in two orders, a control); each
counts by itself, as it does in one process.
"""

from __future__ import annotations

from pathlib import Path
from threading import Lock

from xlforge.models.ray.worker import Sale
from xlforge.stage.run_log import KEYS
from xlforge.steps.sale import append, note


class Account:
    """One step's; writes what is new to the stage's ledger."""

    def __init__(self, ledger: Path) -> None:
        self._ledger, self._lock = ledger, Lock()
        self._answered: dict[int, set[str]] = {}
        self._noted: set[str] = set()

    def add(self, sales: list[Sale]) -> None:
        """Counts what a worker took for its rows, in the order in which it asked."""
        question = -1
        with self._lock:
            for sale in sales:
                question += not sale.again
                answered = self._answered.setdefault(question, set())
                line = dict(sale.line)
                for key in answered.intersection(sale.tokens):
                    read, written = sale.tokens[key]
                    line["hits"] -= 1
                    line["hits_tokens_in"] -= read
                    line["hits_tokens_out"] -= written
                append(self._ledger, line)
                note(self._ledger.with_name(KEYS), (key for key in sale.keys if key not in self._noted))
                answered.update(sale.tokens)
                self._noted.update(sale.keys)

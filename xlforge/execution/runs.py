"""The run log: what each stage run did, asked and took. Clocks and counts of store hits belong here and in no out."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import orjson

from xlforge.execution.environment import state


@dataclass
class Record:
    """One stage run. calls: answers bought; hits: answers found in the store; tokens: of bought answers; seconds: wall time."""

    stage: str
    item: str | None
    rows_in: int = 0
    rows_out: int = 0
    rejects: int = 0
    calls: int = 0
    hits: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    seconds: float = 0.0
    status: str = "done"
    finished: str = ""

    def add_usage(self, ledger: Path) -> None:
        """Counts what the stage's engines wrote down, one JSON line for each batch of requests."""
        if ledger.exists():
            for line in ledger.read_bytes().splitlines():
                used = orjson.loads(line)
                for name in ("calls", "hits", "tokens_in", "tokens_out"):
                    setattr(self, name, getattr(self, name) + used[name])

    def append(self) -> None:
        """Adds the record to `.xlforge/runs.jsonl` in one write, so that builds at the same time do not mix lines."""
        self.finished = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.seconds = round(self.seconds, 3)
        file = os.open(state() / "runs.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(file, orjson.dumps(asdict(self)) + b"\n")
        finally:
            os.close(file)

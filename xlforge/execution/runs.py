"""The run log: what each stage run did, asked and took. Clocks and counts of store hits belong here and in no out."""

from __future__ import annotations

import hashlib
import os
import sys
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path

import orjson

from xlforge.core.errors import BuildError
from xlforge.execution.environment import execution, state

KEYS = "keys"
"""The file beside the ledger with the digests of all requests that a stage's run had answered, 32 bytes each."""


@dataclass
class Record:
    """One stage run. calls: answers bought; hits: answers found in the store; tokens: of bought answers; hits_tokens: of those
    found; seconds: wall time."""

    stage: str
    item: str | None
    rows_in: int = 0
    rows_out: int = 0
    rejects: int = 0
    calls: int = 0
    hits: int = 0
    tokens_in: int = 0
    tokens_out: int = 0
    hits_tokens_in: int = 0
    hits_tokens_out: int = 0
    seconds: float = 0.0
    status: str = "done"
    finished: str = ""
    keys: bytes = field(default=b"", repr=False)

    def add_usage(self, ledger: Path) -> None:
        """Counts what the stage's engines wrote down, one JSON line for each batch of requests."""
        if ledger.exists():
            for line in ledger.read_bytes().splitlines():
                used = orjson.loads(line)
                for name in ("calls", "hits", "tokens_in", "tokens_out", "hits_tokens_in", "hits_tokens_out"):
                    setattr(self, name, getattr(self, name) + used[name])
        if (keys := ledger.with_name(KEYS)).exists():
            self.keys = keys.read_bytes()

    def asked(self) -> dict[str, int]:
        """Requests and tokens, whoever bought the answers and when: the same in every build of the same rows."""
        return {
            "requests": self.calls + self.hits,
            "tokens_in": self.tokens_in + self.hits_tokens_in,
            "tokens_out": self.tokens_out + self.hits_tokens_out,
        }

    def append(self) -> None:
        """Adds the record to `.xlforge/runs.jsonl` in one write, so that builds at the same time do not mix lines."""
        self.finished = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.seconds = round(self.seconds, 3)
        told = asdict(self)
        if told.pop("keys") and self.status == "done":
            self._remember()
        file = os.open(state() / "runs.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(file, orjson.dumps(told) + b"\n")
        finally:
            os.close(file)

    def _remember(self) -> None:
        """Notes in the store which answers this run took, for `xlforge store gc --unused`; no build fails for that."""
        from xlforge.execution.settings import load_execution
        from xlforge.execution.store import Store

        rows = Path("data", self.stage, self.item or "", "rows.parquet")
        try:
            with Store(execution(load_execution()).store) as store, rows.open("rb") as file:
                made = hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()
                keys = (self.keys[start : start + 32].hex() for start in range(0, len(self.keys), 32))
                store.remember(f"{self.stage}@{self.item}" if self.item else self.stage, made, keys)
        except (BuildError, OSError) as error:
            print(f"{self.stage}: the store was not told which answers it took: {error}", file=sys.stderr, flush=True)

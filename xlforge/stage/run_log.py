"""The run log: what each stage run did, called and took. Clocks and counts of cache hits belong here and in no out."""

from __future__ import annotations

import os
import time
from dataclasses import asdict, dataclass, field

import orjson

from xlforge.base.project import state
from xlforge.steps.usage import Usage


@dataclass
class Record:
    """One stage run. usage: calls and hits, and their tokens; seconds: wall time."""

    stage: str
    item: str | None
    rows_in: int = 0
    rows_out: int = 0
    rejects: int = 0
    seconds: float = 0.0
    status: str = "done"
    finished: str = ""
    usage: Usage = field(default_factory=Usage)

    def requests(self) -> dict[str, int]:
        """Requests and tokens, whoever generated the responses and when: the same in every build of the same rows."""
        used = self.usage
        return {
            "requests": used.calls + used.hits,
            "tokens_in": used.tokens_in + used.hits_tokens_in,
            "tokens_out": used.tokens_out + used.hits_tokens_out,
        }

    def append(self) -> None:
        """Adds the record to `.xlforge/runs.jsonl` in one write, so that builds at the same time do not mix lines."""
        self.finished = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
        self.seconds = round(self.seconds, 3)
        line = asdict(self)
        line |= line.pop("usage")
        file = os.open(state() / "runs.jsonl", os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        try:
            os.write(file, orjson.dumps(line) + b"\n")
        finally:
            os.close(file)

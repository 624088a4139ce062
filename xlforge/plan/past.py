"""What the run log (`.xlforge/runs.jsonl`) shows of the next build: one ratio from the last run.

A stage without a run of its own item is estimated from the last run of another item of the stage.
"""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import orjson

Run = dict[str, Any]
REQUESTS = ("calls", "hits")


class Past:
    """The completed runs. Lines that are not valid are skipped: a machine that loses power may leave half a line."""

    def __init__(self, log: Path) -> None:
        lines = log.read_bytes().splitlines() if log.exists() else []
        self._runs = [run for line in lines if (run := _run(line)).get("status") == "done"]

    def runs(self, name: str) -> list[Run]:
        """The runs of a stage: of its item, if there are any, else of its other items."""
        stage, _, item = name.partition("@")
        runs = [run for run in self._runs if run.get("stage") == stage]
        return [run for run in runs if (run.get("item") or "") == item] or runs

    def ratio(self, name: str, over: Sequence[str], under: Sequence[str]) -> float | None:
        """The sum of some figures over that of others, in the last run that has the latter."""
        runs = [run for run in self.runs(name) if _sum(run, under)]
        return _sum(runs[-1], over) / _sum(runs[-1], under) if runs else None

    def seconds(self, name: str, calls: float, rows: float) -> float | None:
        """How long a stage takes, by its last run that made calls if this one does, else by its last run that made none.

        Without such a run, a stage that makes no calls takes as long as the shortest in the log.
        """
        by, number = ("calls", calls) if calls else ("rows_in", rows)
        runs = [run for run in self.runs(name) if bool(run.get("calls")) == bool(calls) and run.get(by)]
        shortest = min((_sum(run, ["seconds"]) for run in self._runs), default=0.0)
        if runs:
            return max(shortest, number * _sum(runs[-1], ["seconds"]) / _sum(runs[-1], [by]))
        return shortest if self.runs(name) and not calls else None


def _run(line: bytes) -> Run:
    try:
        run = orjson.loads(line)
    except orjson.JSONDecodeError:
        return {}
    return run if isinstance(run, dict) else {}


def _sum(run: Run, figures: Sequence[str]) -> float:
    return float(sum(run.get(name) or 0 for name in figures))

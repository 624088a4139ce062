"""What past builds tell of the next: rows out of rows, calls a row, tokens a call, seconds; and how long a token is."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from functools import cache
from math import sqrt
from pathlib import Path
from typing import Any

import orjson

from xlforge.plan.ranges import Range

_LAST = 5
_LEAST = 0.1
"""No ratio is known better than this share of it: the next rows are not the last ones."""
_SAMPLE = 500
_TOKEN = Range(0.25, 0.15, 0.5)
"""Tokens a character, where no answer was ever bought."""

Run = dict[str, Any]


class Past:
    """The run log, `.xlforge/runs.jsonl`. An item is told by its own last runs, else by those of its stage's other items."""

    def __init__(self, log: Path) -> None:
        lines = log.read_bytes().splitlines() if log.exists() else []
        self._runs: list[Run] = [run for line in lines if (run := orjson.loads(line))["status"] == "done"]
        self._supposed: list[Run] = []

    def suppose(self, run: Run) -> None:
        """A run that is planned tells of its stage's other items, as long as there was no real one."""
        self._supposed.append(run)

    def runs(self, stage: str, item: str | None, where: Callable[[Run], Any] = bool) -> list[Run]:
        """The last runs that tell something."""
        told = [run for run in self._runs if run["stage"] == stage and where(run)]
        told = told or [run for run in self._supposed if run["stage"] == stage and where(run)]
        return ([run for run in told if run["item"] == item] or told)[-_LAST:]

    def last(self, stage: str, item: str | None, figure: str) -> float | None:
        """A figure of the last run."""
        runs = self.runs(stage, item, lambda run: figure in run)
        return float(runs[-1][figure]) if runs else None

    def ratio(self, stage: str, item: str | None, over: Sequence[str], under: str) -> Range | None:
        """The sum of some figures over another; None where no run had any of the latter."""
        runs = self.runs(stage, item, lambda run: run[under])
        return ratio([(sum(run[name] for name in over), run[under]) for run in runs])

    def tokens(self, stage: str, item: str | None, which: str) -> Range | None:
        """Tokens a call, `tokens_in` or `tokens_out`, of what was bought."""
        return ratio([(run[which], run["calls"]) for run in self.runs(stage, item, lambda run: run["calls"])])

    def seconds(self, stage: str, item: str | None, by: str, number: Range) -> Range | None:
        """How long so many calls or rows (`by`) would take, and no less than the fastest run of any stage that asks."""
        points = [(run[by], run["seconds"]) for run in self.runs(stage, item, lambda run: "seconds" in run)]
        if not points:
            return None
        start = min((run["seconds"] for run in self._runs if run["calls"] + run["hits"]), default=0.0)
        start = start if by == "calls" else 0.0
        value, low, high = (max(start, _line(points, x)) for x in (number.value, number.low, number.high))
        return Range(value, 0.8 * low, 1.25 * high)


def ratio(pairs: Sequence[tuple[float, float]]) -> Range | None:
    """The ratio of the sums, give or take twice the spread of the single ratios about it."""
    whole = sum(under for _, under in pairs)
    if not whole:
        return None
    mean = sum(over for over, _ in pairs) / whole
    spread = sqrt(sum(under * (over / under - mean) ** 2 for over, under in pairs if under) / whole)
    margin = max(2 * spread, _LEAST * mean)
    return Range(mean, max(0.0, mean - margin), mean + margin)


def _line(points: Sequence[tuple[float, float]], x: float) -> float:
    """The least-squares line at x where the points lie apart, their proportion where they do not."""
    mean_x, mean_y = sum(at for at, _ in points) / len(points), sum(y for _, y in points) / len(points)
    spread = sum((at - mean_x) ** 2 for at, _ in points)
    if max(at for at, _ in points) >= 2 * min(at for at, _ in points) and spread:
        slope = max(0.0, sum((at - mean_x) * (y - mean_y) for at, y in points) / spread)
        if (base := mean_y - slope * mean_x) >= 0:
            return base + slope * x
    return mean_y * x / mean_x if mean_x else mean_y


class Lengths:
    """How long tokens and answers of a model are, from a sample of what the store holds of it.

    Requests that allow the same number of tokens are taken to be of one kind; where there are none, all of the model's tell.
    """

    def __init__(self, url: str) -> None:
        self._url = url
        self._rows = cache(self._read)

    def tokens_a_character(self, model: str, most: int) -> Range:
        """Tokens read for each character sent."""
        return ratio([(read, sent) for _, sent, read, _ in self._kind(model, most)]) or _TOKEN

    def answer(self, model: str, most: int) -> Range:
        """Tokens of one answer; anything up to `most` where nothing is known."""
        return ratio([(wrote, 1) for _, _, _, wrote in self._kind(model, most)]) or Range(most / 2, 1, most)

    def _kind(self, model: str, most: int) -> list[tuple[int, int, int, int]]:
        rows = self._rows(model) or self._rows(None)
        return [row for row in rows if row[0] == most] or rows

    def _read(self, model: str | None) -> list[tuple[int, int, int, int]]:
        """(tokens allowed, characters sent, tokens read, tokens written); keys are hashes, so their order is a draw."""
        import sqlalchemy as sa

        which = "WHERE model = :model" if model is not None else ""
        query = sa.text(f"SELECT request, tokens_in, tokens_out FROM answers {which} ORDER BY key LIMIT {_SAMPLE}")
        engine = sa.create_engine(self._url)
        with engine.connect() as connection:
            found = connection.execute(query, {"model": model} if model is not None else {}).all()
        engine.dispose()
        rows = []
        for request, read, wrote in found:
            body = orjson.loads(zlib.decompress(request))
            rows.append((body["sampling"]["max_tokens"], sum(len(text) for _, text in body["messages"]), read, wrote))
        return rows

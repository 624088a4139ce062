"""The answerer of a plan: it looks requests up in the cache, generates nothing, and counts what the cache lacks.

A row whose response is missing waits: it carries a reject mark with the reason MISSING, so every step without a model passes it by. To see
what later models would be called for, a stand-in of the row goes through their steps. Its requests are estimates and counted apart.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from xlforge.base.rows import Row
from xlforge.cache.cache import Cache
from xlforge.requests.request import Request
from xlforge.requests.response import Response, readable
from xlforge.steps.answerers import MISSING, Caller, Reply

_LENGTH = 200
"""Characters of a stand-in's text."""


@dataclass
class Count:
    """The requests of one caller.

    Args:
        cached: the cache holds the response.
        missing: it does not, and the request is exactly what the stage will send.
        after: made for a stand-in, so an estimate.
        characters: of the prompts of `missing` and `after`.
    """

    cached: int = 0
    missing: int = 0
    after: int = 0
    characters: int = 0

    @property
    def requests(self) -> int:
        """All of them."""
        return self.cached + self.missing + self.after


class Dry:
    """Counts the requests of one stage, each key once. It opens no engine and checks no weights.

    Args:
        cache: where responses are looked up.
        counted: keys that earlier stages of the plan lack, to which it adds its own; each is generated once, so it is counted once.
    """

    def __init__(self, cache: Cache, counted: set[str]) -> None:
        self._cache, self.counted = cache, counted
        self._keys: set[str] = set()
        self._standing_in = False
        self.counts: dict[Caller, Count] = {}

    @property
    def lacks(self) -> bool:
        """Whether a response is missing."""
        return any(count.missing or count.after for count in self.counts.values())

    @property
    def requests(self) -> int:
        """All requests of the stage."""
        return sum(count.requests for count in self.counts.values())

    @contextmanager
    def stand_ins(self) -> Iterator[None]:
        """Inside, requests are made for stand-ins."""
        self._standing_in = True
        try:
            yield
        finally:
            self._standing_in = False

    def open(self, caller: Caller) -> None:
        """See Answerer."""
        self.counts.setdefault(caller, Count())

    def reply(self, caller: Caller, rows: Sequence[tuple[str, Sequence[Request]]]) -> list[list[Reply]]:
        """See Answerer; a request without a response fails with MISSING."""
        wanted = {request.key: request for _, requests in rows for request in requests}
        found = self._cache.get_many(wanted)
        for key in wanted.keys() - self._keys:
            self._count(self.counts[caller], wanted[key], key in found)
        self._keys |= wanted.keys()
        return [[_reply(each, found.get(each.key)) for each in requests] for _, requests in rows]

    def _count(self, count: Count, request: Request, cached: bool) -> None:
        if cached:
            count.cached += 1
        elif request.key not in self.counted:
            self.counted.add(request.key)
            count.characters += sum(len(text) for _, text in request.messages)
            if self._standing_in:
                count.after += 1
            else:
                count.missing += 1

    def release(self, caller: Caller) -> None:
        """See Answerer."""

    def check(self) -> None:
        """See Answerer."""

    def close(self) -> None:
        """See Answerer; the cache belongs to the plan."""


def _reply(request: Request, response: Response | None) -> Reply:
    if response is None:
        return Reply(request.key, None, MISSING)
    return Reply(request.key, readable(request, response))


def waits(row: Row) -> bool:
    """Whether a row lacks a response that the cache does not hold."""
    mark = row.get("reject")
    return mark is not None and mark["reason"] == MISSING


def stand_in(row: Row, columns: Sequence[str]) -> Row:
    """A waiting row as if the steps before had given it `columns`: with text that is the same for the same request."""
    key = row["reject"]["raw"]
    text = (key * (_LENGTH // max(1, len(key)) + 1))[:_LENGTH]
    return {**row, **{name: text for name in columns if row.get(name) is None}, "reject": None}

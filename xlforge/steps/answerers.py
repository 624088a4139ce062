"""Who answers the requests of a pipeline: the cache and an engine (`Live`), or the cache alone, as a plan wants it (`Dry`).

A response is in the cache before its row counts as done, so a build that is killed has lost only what was in flight. A build that
the cache can serve opens no engine: no weights are read and no endpoint is needed.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from xlforge.cache.cache import Cache
from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.models.engine import Engine, EngineError
from xlforge.models.engines import open_engine
from xlforge.models.revision import check, identity, local_weights
from xlforge.requests.request import Request
from xlforge.requests.response import PROMPT_TOO_LONG, Response, readable
from xlforge.steps.batch import Batch, Tolerance
from xlforge.steps.unanswered import NO_RESPONSE, Unanswered
from xlforge.steps.usage import Usage

MISSING = "missing"
"""The failure of a request that `Dry` found no response for; also the reject reason of its row, which never reaches a file."""
UNANSWERED = "unanswered"
"""The same for a request that a server did not answer: the stage ends unfinished after its last step."""


@dataclass(frozen=True)
class Caller:
    """Whose requests they are. title: what progress and errors call the work: `selection@de`."""

    role: str
    spec: Model
    title: str


@dataclass(frozen=True)
class Reply:
    """What became of a request: its response without reasoning, or why there is none.

    Args:
        key: of the request.
        response: see `readable`.
        failure: the reject reason of its row where there is none, and after a colon the detail.
    """

    key: str
    response: Response | None
    failure: str = ""


class Answerer(Protocol):
    """Gives each request its response."""

    def open(self, caller: Caller) -> None:
        """Before the first request of a caller."""

    def reply(self, caller: Caller, rows: Sequence[tuple[str, Sequence[Request]]]) -> list[list[Reply]]:
        """The replies to the requests of each row, given with its id. Raises EngineError where a stage cannot go on."""

    def release(self, caller: Caller) -> None:
        """After the last request to a caller's model."""

    def check(self) -> None:
        """Raises Unfinished where requests got no response, so that the stage must not deliver."""

    def close(self) -> None:
        """Let go of everything."""


class Live:
    """The cache, else the engine, whose responses go to the cache. Models of one role and name share an engine."""

    def __init__(
        self, execution: Execution, usage: Usage | None = None, engine: Callable[..., Engine] = open_engine
    ) -> None:
        self._execution, self.usage, self._open_engine = execution, usage or Usage(), engine
        self._cache: Cache | None = None
        self._engines: dict[tuple[str, str], Engine] = {}
        self._checked: set[str] = set()
        self._tolerance = Tolerance(execution.max_failures)
        self._unanswered: dict[str, Unanswered] = {}
        self._served: dict[str, set[str]] = {}

    def open(self, caller: Caller) -> None:
        """Opens the cache and, where the weights lie in a folder, sees that they are the ones params.yaml means."""
        weights = local_weights(caller.spec)
        if weights is not None and weights.model_dump_json() not in self._checked:
            check(weights)
            self._checked.add(weights.model_dump_json())
        if caller.title not in self._unanswered:
            self._unanswered[caller.title] = Unanswered(caller.title, self._execution.give_up)
        if self._cache is None:
            self._cache = Cache(self._execution.cache)

    def reply(self, caller: Caller, rows: Sequence[tuple[str, Sequence[Request]]]) -> list[list[Reply]]:
        """See Answerer."""
        assert self._cache is not None, "open() comes first"
        wanted = {request.key: request for _, requests in rows for request in requests}
        batch = Batch(self._cache, wanted, caller.title, self._tolerance)
        try:
            if batch.missing:
                if self._execution.offline:
                    raise EngineError(_lacking(self._cache, caller, rows, batch.missing))
                with batch:
                    for turn in batch.turns():
                        self._engine(caller).generate(turn, batch)
        finally:
            self.usage.add(Usage(**batch.counts()))
        return [[self._outcome(caller, row, request, batch) for request in requests] for row, requests in rows]

    def _outcome(self, caller: Caller, row: str, request: Request, batch: Batch) -> Reply:
        response, failure = batch.outcome(request.key)
        if response is not None:
            self._report_served(caller, response)
            return Reply(request.key, readable(request, response))
        if failure.startswith(PROMPT_TOO_LONG):
            return Reply(request.key, None, failure)
        given_up = self._unanswered[caller.title].add(request.key, row, failure)
        return Reply(request.key, None, f"{NO_RESPONSE if given_up else UNANSWERED}: {failure}")

    def _report_served(self, caller: Caller, response: Response) -> None:
        """Reports when a second model answers in one role, as behind a router."""
        names = self._served.setdefault(caller.role, set())
        name = response.served or caller.spec.model
        if name not in names and names:
            known = ", ".join(sorted(names))
            message = f"{caller.title}: {name} answered as the {caller.role}, and before it {known}"
            print(message, file=sys.stderr, flush=True)
        names.add(name)

    def check(self) -> None:
        """See Answerer."""
        for unanswered in self._unanswered.values():
            unanswered.check()

    def release(self, caller: Caller) -> None:
        """Closes the engine of a caller, if one was opened."""
        if (engine := self._engines.pop(_engine_key(caller), None)) is not None:
            engine.close()

    def close(self) -> None:
        """Closes engines and cache, and records which requests got no response."""
        for unanswered in self._unanswered.values():
            unanswered.save()
        while self._engines:
            self._engines.popitem()[1].close()
        if self._cache is not None:
            self._cache.close()
            self._cache = None

    def _engine(self, caller: Caller) -> Engine:
        key = _engine_key(caller)
        if key not in self._engines:
            self._engines[key] = self._open_engine(caller.spec, caller.role, self._execution)
        return self._engines[key]


def _engine_key(caller: Caller) -> tuple[str, str]:
    return caller.role, caller.spec.model_dump_json()


def _lacking(
    cache: Cache, caller: Caller, rows: Sequence[tuple[str, Sequence[Request]]], missing: list[Request]
) -> str:
    """Which responses an offline build lacks, and why, as far as the cache shows."""
    keys = {request.key for request in missing}
    first = next(row for row, requests in rows if any(request.key in keys for request in requests))
    return (
        f"offline, and the cache lacks {len(missing)} of the responses of {caller.spec.model}, first for row {first}: "
        f"{_why(cache, caller.spec)}. Fill the cache (`xlforge cache import`), or unset XLFORGE_OFFLINE to generate them"
    )


def _why(cache: Cache, spec: Model) -> str:
    held, revision = cache.models(), identity(spec)
    if count := held.get((spec.model, revision)):
        return (
            f"it holds {count} of this model at revision {revision}, so the prompt, the row's text, the sampling, the "
            "response schema or the number of the try differs"
        )
    others = sorted(str(other) for model, other in held if model == spec.model)
    if others:
        return f"it holds responses of this model at revision {', '.join(others)}, and params.yaml names {revision}"
    return f"it holds {sum(held.values())} responses, none of this model"

"""The engine behind an OpenAI-compatible endpoint: many requests in flight, each for itself; or handed in as hosted batches.

Workers take requests from one queue, so a slow one holds up nobody; a worker takes the next request only when the last answer is
committed, so a killed build has lost no more than `concurrency` answers. What may pass (429, 5xx, time-outs, lost
connections, replies cut off) is tried again with exponential back-off and full jitter, never before Retry-After. A server that takes
nobody's requests (429, 502, 503, no connection) is no fault of a row's: it is waited for, and wears out no retries.
How fast they go is the part of `limits`, what they may cost that of `budget`.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Callable, Sequence
from itertools import count

from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.models.budget import Budget, Spent
from xlforge.models.engine import EngineError, Sink
from xlforge.models.openai import pending
from xlforge.models.openai.batches import Batches
from xlforge.models.openai.bodies import body
from xlforge.models.openai.connection import Connection
from xlforge.models.openai.limits import Guess, Pace, limit
from xlforge.models.openai.replies import Unusable, answer
from xlforge.requests.request import Request
from xlforge.requests.response import Completed, Response

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 60.0
_PATIENCE = 150.0
"""Seconds in which a server that takes no requests makes none be given up: endpoints count by the minute, and restarts take one."""
_KNOCK = 2.0
"""The longest wait before a connection is tried again, so that a server that is back has work at once."""
_OTHERS = 2.0
"""Seconds for which a spent budget is waited on: other processes of the build may give back what they had set aside."""


class OpenAIEngine:
    """A model at the endpoint of its role. Raises EngineError when none is configured, none answers, or it went away for good.

    gone: asked when no connection is to be had; says why none ever will be, or None.
    """

    def __init__(
        self, spec: Model, role: str, execution: Execution, gone: Callable[[], str | None] = lambda: None
    ) -> None:
        hosted = spec.engine == "openai" and execution.modes.get(role, execution.mode) == "batch"
        self._execution, self._gone = execution, gone
        self._guess = Guess()
        self._connection = Connection(spec, role, execution)
        self._budget = Budget(execution, spec.model, self._guess, batch=hosted)
        self._batches = Batches(self._connection, self._budget, execution, role) if hosted else None
        self._pace = Pace(limit(execution, role), execution.concurrency)
        self._loop = asyncio.new_event_loop()
        try:
            self._loop.run_until_complete(self._connection.open())
        except BaseException:
            self.close()
            raise

    def generate(self, requests: Sequence[Request], sink: Sink) -> None:
        """Response all, at most `concurrency` of them in flight."""
        if self._batches is None:
            pending.refuse(pending.mark(str(self._connection.url)), requests)
        try:
            self._loop.run_until_complete(
                self._batches.generate(requests, sink) if self._batches else self._ask(requests, sink)
            )
        finally:
            self._budget.give_back()

    def close(self) -> None:
        """Close the connections."""
        self._loop.run_until_complete(self._connection.close())
        self._loop.close()
        self._budget.close()

    async def _ask(self, requests: Sequence[Request], sink: Sink) -> None:
        self._queue, self._sink, self._counter = deque(requests), sink, _Counter(sink)
        self._open = {request.key: request for request in requests}
        self._landed, self._ending = asyncio.Event(), False
        self._reserved, self._flying = 0, set[asyncio.Task[None] | None]()
        workers = [asyncio.create_task(self._work()) for _ in range(min(self._execution.concurrency, len(requests)))]
        try:
            await asyncio.gather(*workers)
        except EngineError as error:
            # What is in flight is paid for: nothing new is asked, and what still arrives is kept.
            self._ending = True
            for worker in workers:
                if worker not in self._flying:
                    worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            if isinstance(error, Spent):
                raise self._budget.stop(list(self._open.values())) from None
            raise
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            await self._counter.settled()

    async def _work(self) -> None:
        while self._queue and not self._ending:
            request = self._queue.popleft()
            try:
                bought = await self._answer(request)
            except Unusable as fault:
                if fault.again and self._ending:
                    return
                del self._open[request.key]
                self._sink.fail(request, fault.reason, fault.said)
            else:
                del self._open[request.key]
                await self._counter.keep((request, bought))

    async def _answer(self, request: Request) -> Response:
        data, worn, since = body(request), 0, float("inf")
        for tried in count():
            try:
                return await self._try(request, data)
            except Unusable as fault:
                if not fault.again or self._ending:
                    raise
                since = min(since, time.monotonic())
                if not fault.passing or time.monotonic() >= since + _PATIENCE:
                    if fault.away:
                        raise EngineError(self._connection.lost(_PATIENCE)) from None
                    worn += 1
                    if worn > self._execution.retries:
                        raise
                if fault.away and (why := self._gone()):
                    raise EngineError(why) from None
                await asyncio.sleep(fault.wait + random.uniform(0, _longest(fault, tried)))
        raise AssertionError("the last try returns or raises")

    async def _try(self, request: Request, data: bytes) -> Response:
        reserved = await self._reserve(self._budget.most(len(data), request.sampling.max_tokens))
        taken = spent = 0.0
        try:
            if not self._pace.free:
                expected = sum(self._guess.tokens(len(request.canonical), request.sampling.max_tokens))
                await self._pace.take(expected)
                taken = expected
            spent = reserved
            found = await self._send(request, data)
            if found.tokens_in or found.tokens_out:
                spent = self._budget.cost(found.tokens_in, found.tokens_out)
                self._budget.learn(request, found)
                self._pace.settle(taken, found.tokens_in + found.tokens_out)
            return found
        except Unusable as fault:
            if not fault.billed:
                spent = 0.0
                self._pace.settle(taken, 0.0)
            raise
        except EngineError:
            spent = 0.0
            raise
        finally:
            self._reserved -= 1
            self._budget.settle(reserved, spent)
            self._landed.set()

    async def _send(self, request: Request, data: bytes) -> Response:
        sent, task = time.monotonic(), asyncio.current_task()
        self._flying.add(task)
        try:
            found = answer(await self._connection.ask("POST", "chat", "completions", data=data), request.choices)
        except Unusable as fault:
            if fault.status == 429:
                self._pace.learnt.refused(sent)
            raise
        finally:
            self._flying.discard(task)
        self._pace.learnt.answered()
        return found

    async def _reserve(self, amount: float) -> float:
        """Sets the amount aside, when those before have left enough of it; raises Spent when there are none."""
        waited = 0.0
        while not self._budget.reserve(amount):
            if self._reserved:
                self._landed.clear()
                await self._landed.wait()
            elif waited < _OTHERS:
                await asyncio.sleep(_OTHERS / 10)
                waited += _OTHERS / 10
            else:
                raise Spent
        self._reserved += 1
        return amount


def _longest(fault: Unusable, tried: int) -> float:
    """Seconds that a request waits at most before it is tried again."""
    if fault.status == 429:  # it is the pace that slows down
        return _FIRST_WAIT
    return min(_KNOCK if fault.away else _LONGEST_WAIT, _FIRST_WAIT * 2.0 ** min(tried, 10))


class _Counter:
    """Hands answers to the till; those that arrive while a commit is under way go together in the next."""

    def __init__(self, sink: Sink) -> None:
        self._sink = sink
        self._waiting: list[tuple[Completed, asyncio.Future[None]]] = []
        self._busy: asyncio.Task[None] | None = None

    async def keep(self, bought: Completed) -> None:
        """Returns when the answer is committed."""
        committed = asyncio.get_running_loop().create_future()
        self._waiting.append((bought, committed))
        if self._busy is None or self._busy.done():
            self._busy = asyncio.create_task(self._commit())
        await committed

    async def settled(self) -> None:
        """Returns when no commit is under way."""
        if self._busy is not None:
            await asyncio.wait({self._busy})

    async def _commit(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            fault: Exception | None = None
            try:
                await asyncio.wrap_future(self._sink.put([bought for bought, _ in group]))
            except Exception as error:  # each of those who wait must hear of it
                fault = error
            for _, committed in group:
                if not committed.done():
                    committed.set_exception(fault) if fault else committed.set_result(None)

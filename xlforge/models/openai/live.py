"""Requests to an endpoint, many in flight.

Workers take requests from one queue, so a slow request holds up no other. A worker takes its next request only when the last response is
committed, so a killed build loses at most `concurrency` responses. Transient errors (429, 5xx, time-outs, lost connections, truncated
responses) are retried with exponential back-off and full jitter, never before Retry-After. A server that takes no requests at all (429,
502, 503, no connection) is waited for without counting retries, since that is not the fault of a row.
"""

import asyncio
import sys
import time
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import count

from xlforge.base.backoff import backoff
from xlforge.base.redact import contains_secret
from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.models.budget import Budget, OverBudget
from xlforge.models.engine import EngineError, Sink
from xlforge.models.openai import batch_records
from xlforge.models.openai.bodies import body
from xlforge.models.openai.client import Client
from xlforge.models.openai.errors import RequestFailed
from xlforge.models.openai.rate_limit import RateLimiter, limit_of
from xlforge.models.openai.refusals import refuse_dropping, renamed
from xlforge.models.openai.responses import read_response
from xlforge.requests.request import Request
from xlforge.requests.response import PROMPT_TOO_LONG, Response

_FIRST_WAIT, _LONGEST_WAIT = 0.5, 60.0
_PATIENCE = 150.0
"""Seconds that a server may take no requests before rows fail: endpoints count by the minute, and a restart takes one."""
_RECONNECT = 2.0
"""The longest wait before a connection is tried again, so that a server that is back has work at once."""


@dataclass
class LiveRun:
    """The requests of one engine. server_gone: see OpenAIEngine."""

    spec: Model
    role: str
    client: Client
    budget: Budget
    execution: Execution
    server_gone: Callable[[], str | None]

    def __post_init__(self) -> None:
        self.limiter = RateLimiter(limit_of(self.execution, self.role), self.execution.concurrency)

    async def generate(self, requests: Sequence[Request], sink: Sink) -> None:
        """Completes or fails every request. After an error nothing new is sent, and what is in flight is still completed."""
        batch_records.refuse_live(str(self.client.url), requests)
        self._stopping, self._in_flight = False, set[asyncio.Task[None] | None]()
        self._queue, self._sink = deque(requests), sink
        self._open = {request.key: request for request in requests}
        workers = [asyncio.create_task(self._work()) for _ in range(min(self.execution.concurrency, len(requests)))]
        try:
            await asyncio.gather(*workers)
        except EngineError as error:
            self._stopping = True
            for worker in workers:
                if worker not in self._in_flight:
                    worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            if isinstance(error, OverBudget):
                raise self.budget.exceeded(list(self._open.values())) from None
            raise
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)

    async def _work(self) -> None:
        while self._queue and not self._stopping:
            request = self._queue.popleft()
            try:
                response = await self._respond(request)
            except RequestFailed as failure:
                if failure.retryable and self._stopping:
                    return
                if gone := self.server_gone():
                    raise EngineError(gone) from None
                del self._open[request.key]
                if failure.filtered:
                    await self._put(request, Response("", "content_filter", 0, 0))
                else:
                    self._sink.fail(request, failure.reason, failure.message)
            else:
                del self._open[request.key]
                await self._put(request, response)

    async def _put(self, request: Request, response: Response) -> None:
        stored = asyncio.wrap_future(self._sink.put([(request, response)]))
        # Where the worker was cancelled meanwhile, nobody else looks at an error, and asyncio would print its traceback.
        stored.add_done_callback(lambda done: done.cancelled() or done.exception())
        # Shielded: to cancel this future would break the writer that is to resolve it.
        await asyncio.shield(stored)

    async def _respond(self, request: Request) -> Response:
        """The response to a request, after as many tries as it takes."""
        retries, failing_since = 0, float("inf")
        for failures in count():
            limit = self.client.token_limit
            try:
                return await self._try(request, body(request, limit))
            except RequestFailed as failure:
                if self._renamed(failure, limit):
                    continue
                if not failure.retryable or self._stopping:
                    raise
                failing_since = min(failing_since, time.monotonic())
                if not failure.busy or time.monotonic() >= failing_since + _PATIENCE:
                    if failure.unreachable:
                        raise EngineError(_unreachable(self.client.host)) from None
                    retries += 1
                    if retries > self.execution.max_retries:
                        raise
                if failure.unreachable and (gone := self.server_gone()):
                    raise EngineError(gone) from None
                await asyncio.sleep(_wait(failure, failures))
        raise AssertionError("the last try returns or raises")

    def _renamed(self, failure: RequestFailed, sent: str) -> bool:
        """Whether a request is to be sent again because the endpoint has another name for the token limit than was sent."""
        if failure.filtered or failure.reason == PROMPT_TOO_LONG:
            return False
        other = renamed(failure, sent)
        if other is not None and (other == self.client.token_limit or not self.client.renamed):
            if not self.client.renamed:
                self.client.token_limit, self.client.renamed = other, True
                report = f"{self.client.host} names the token limit {other}: it is sent under that name (token_limit in params.yaml)"
                print(f"{self.role}: {report}", file=sys.stderr, flush=True)
            return True
        refuse_dropping(failure, self.role, self.client.host, self.spec.response_format)
        return False

    async def _try(self, request: Request, data: bytes) -> Response:
        """One call, with its share of the budget and of the rate limits."""
        reserved = await self.budget.acquire(self.budget.max_cost(len(data), request.sampling.max_tokens))
        acquired = spent = 0.0
        try:
            if not self.limiter.unlimited:
                expected = sum(self.budget.estimate.tokens(len(request.canonical), request.sampling.max_tokens))
                await self.limiter.acquire(expected)
                acquired = expected
            spent = reserved
            response = await self._send(request, data)
            spent = self.budget.cost(request, response, reserved)
            if used := response.tokens_in + response.tokens_out:
                self.limiter.settle(acquired, used)
            return response
        except RequestFailed as failure:
            if not failure.billed:
                spent = 0.0
                self.limiter.settle(acquired, 0.0)
            raise
        except EngineError:
            spent = 0.0
            raise
        finally:
            self.budget.finish(reserved, spent)

    async def _send(self, request: Request, data: bytes) -> Response:
        sent, task = time.monotonic(), asyncio.current_task()
        self._in_flight.add(task)
        try:
            response = read_response(await self.client.post(data, "chat", "completions"), request)
        except RequestFailed as failure:
            self.client.stop_if_hopeless(failure)  # the client has seen statuses, but no error inside status 200
            if failure.status == 429:
                self.limiter.adaptive.limited(sent)
            raise
        finally:
            self._in_flight.discard(task)
        self.limiter.adaptive.succeeded()
        if contains_secret(response.text):
            raise RequestFailed("the response holds a secret of this build's environment", retryable=False)
        size = sum(len(text.encode("utf-8", "replace")) for _, text in request.messages)
        self.client.truncation.check(size, response.tokens_in)
        return response


def _unreachable(host: str) -> str:
    return f"the server at {host} has accepted no connection for {_PATIENCE:.0f} s: check that it runs, and run again"


def _wait(failure: RequestFailed, failures: int) -> float:
    """Seconds until a request is sent again."""
    if failure.status == 429:
        return failure.retry_after + backoff(0, _FIRST_WAIT, _LONGEST_WAIT)  # the rate limiter slows down instead
    return failure.retry_after + backoff(failures, _FIRST_WAIT, _RECONNECT if failure.unreachable else _LONGEST_WAIT)

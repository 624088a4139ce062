"""Requests as hosted batches: submitted as a file, answered in a day, at a share of the price.

A batch is recorded before it is waited for, so a build that is stopped or killed continues with the same batches when it runs again;
also between upload and start, since a batch is known by the file that it was started from. Responses go through the sink like all
others. Requests that expired or met a transient error are submitted again. Where an endpoint's queue has no room for a batch, it waits
for those before it, and is halved where there are none.
"""

import asyncio
import sys
from collections import Counter, deque
from collections.abc import Sequence

from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.models.budget import Budget
from xlforge.models.engine import EngineError, Sink
from xlforge.models.openai import batch_records
from xlforge.models.openai.batch_api import BatchAPI, BatchState, line, outcomes
from xlforge.models.openai.batch_records import BatchRecord
from xlforge.models.openai.bodies import body
from xlforge.models.openai.client import Client
from xlforge.models.openai.errors import RequestFailed
from xlforge.models.openai.refusals import refuse_dropping
from xlforge.requests.request import Request
from xlforge.requests.response import Response

_REQUESTS, _BYTES = 50_000, 90_000_000
"""The size of a batch that every endpoint accepts."""
_FIRST_POLL, _LONGEST_POLL = 2.0, 60.0
_GROUP = 500
_NO_ROOM = "token_limit_exceeded"


class HostedBatches:
    """The batches of one engine. Raises EngineError; what was submitted stays recorded."""

    def __init__(self, spec: Model, role: str, client: Client, budget: Budget, execution: Execution) -> None:
        self._client, self._api = client, BatchAPI(client, execution.max_retries)
        self._spec, self._role, self._budget, self._execution = spec, role, budget, execution
        self._max_requests = _REQUESTS

    async def generate(self, requests: Sequence[Request], sink: Sink) -> None:
        """Completes or fails every request, in as many batches as it takes."""
        self._sink, self._open = sink, {request.key: request for request in requests}
        self._failures, self._waiting = Counter[str](), list[BatchRecord]()
        try:
            await self._resume()
            submitted = {key for record in self._waiting for key in record.requests}
            await self._until_done(deque(each for key, each in self._open.items() if key not in submitted))
        finally:
            for record in self._waiting:
                record.lock.release()

    async def _until_done(self, queue: deque[Request]) -> None:
        room, wait = True, _FIRST_POLL
        while queue or self._waiting:
            while room and (chunk := self._chunk(queue)):
                await self._submit(*chunk)
            if not self._waiting:
                raise self._budget.exceeded(list(self._open.values()))
            await asyncio.sleep(wait)
            wait = min(_LONGEST_POLL, wait * 1.5)
            for record in list(self._waiting):
                state = await self._poll(record)
                if state.ended:
                    queue.extend(await self._collect(record, state))
                    room, wait = state.code != _NO_ROOM or not self._waiting, _FIRST_POLL

    async def _resume(self) -> None:
        """Continues with batches of earlier runs; those that this run does not need are collected if they have ended."""
        for record, held in batch_records.resumed(str(self._client.url)):
            needed = len(record.requests.keys() & self._open.keys())
            if not held:
                if needed:
                    what = f"{needed} responses of the {self._role} are in a batch"
                    raise EngineError(f"{what} that another build waits for: run again when that one has ended")
                continue
            self._waiting.append(record)
            if record.file is None:  # its requests were never submitted
                self._remove(record, 0.0)
                continue
            if record.batch is None:
                record.batch = await self._api.start(record.file, maybe_started=True)
                record.save()
            if needed:
                self._report(f"waiting for {needed} responses in batch {record.batch}, submitted before")
            elif (state := await self._poll(record)).ended:
                await self._collect(record, state)
            else:
                self._waiting.remove(record)
                record.lock.release()

    def _chunk(self, queue: deque[Request]) -> tuple[list[Request], float] | None:
        """The requests of the next batch, taken from the queue, and what is reserved for them."""
        taken, size, reserved = list[Request](), 0, 0.0
        while queue and len(taken) < self._max_requests and size < _BYTES:
            amount = self._max_cost(queue[0])
            if not self._budget.reserve(amount):
                break
            size, reserved = size + len(body(queue[0])), reserved + amount
            taken.append(queue.popleft())
        self._budget.release()
        return (taken, reserved) if taken else None

    async def _submit(self, requests: list[Request], reserved: float) -> None:
        record = batch_records.create(str(self._client.url), requests)
        self._waiting.append(record)
        if account := self._budget.account:
            record.period, record.unit, record.reserved = account.period, account.unit, reserved
        record.save()
        lines = b"".join(line(request, self._spec.token_limit) for request in requests)
        record.file = await self._api.upload(record.name, lines)
        record.save()
        record.batch = await self._api.start(record.file, maybe_started=False)
        record.save()
        self._report(f"{len(requests)} requests submitted as batch {record.batch}; a stopped build continues from here")

    async def _poll(self, record: BatchRecord) -> BatchState:
        state = await self._api.state(str(record.batch))
        if state.done != record.done:
            record.done = state.done
            self._report(f"batch {record.batch}: {state.done} of {state.total} done")
        return state

    async def _collect(self, record: BatchRecord, state: BatchState) -> list[Request]:
        """Caches the responses of a batch that has ended and removes it. Returns the requests to submit again."""
        responses: dict[str, Response] = {}
        failures = dict.fromkeys(record.requests, RequestFailed("the batch gave no response"))
        for name in state.files:
            fetched = record.path.with_suffix(".fetched")
            await self._api.download(name, fetched)
            for key, outcome in outcomes(fetched, record.requests, self._client.redact):
                if isinstance(outcome, Response):
                    responses[key] = outcome
                else:
                    failures[key] = outcome
            fetched.unlink()
        completed = [(record.requests[key], response) for key, response in responses.items()]
        for first in range(0, len(completed), _GROUP):
            await asyncio.wrap_future(self._sink.put(completed[first : first + _GROUP]))
        cost = sum(self._budget.cost(request, response, self._max_cost(request)) for request, response in completed)
        self._remove(record, cost)
        await self._api.delete([str(record.file), *state.files])
        for key in responses:
            self._open.pop(key, None)
        return self._left(record, state, failures)

    def _left(self, record: BatchRecord, state: BatchState, failures: dict[str, RequestFailed]) -> list[Request]:
        """The requests of a collected batch that are to be submitted again; the others have failed."""
        left = [request for key, request in record.requests.items() if key in self._open]
        if state.code == _NO_ROOM and (self._waiting or len(left) > 1):
            if not self._waiting:
                self._max_requests = len(left) // 2
            return left
        if left and state.status in ("failed", "cancelled"):
            why = f" ({state.message})" if state.message else ""
            raise EngineError(
                f"{self._client.host}: the batch {record.batch} of the {self._role} has {state.status}{why}. Its responses are in "
                f"the cache: fix the cause and run again, to submit the other {len(left)}"
            )
        return [request for request in left if self._again(request, failures[request.key])]

    def _again(self, request: Request, failure: RequestFailed) -> bool:
        self._client.stop_if_hopeless(failure)
        refuse_dropping(failure, self._role, self._client.host, self._spec.response_format)
        self._failures[request.key] += 1
        if failure.retryable and self._failures[request.key] <= self._execution.max_retries:
            return True
        del self._open[request.key]
        self._sink.fail(request, failure.reason, failure.message)
        return False

    def _max_cost(self, request: Request) -> float:
        return self._budget.max_cost(len(body(request)), request.sampling.max_tokens)

    def _remove(self, record: BatchRecord, spent: float) -> None:
        """Removes a record, and replaces its reservation, which may be of an earlier build, by what was spent."""
        record.remove()
        self._waiting.remove(record)
        account = self._budget.account
        if account is not None and (account.period, account.unit) == (record.period, record.unit):
            self._budget.settle(record.reserved, spent)

    def _report(self, what: str) -> None:
        print(f"{self._role}: {what}", file=sys.stderr, flush=True)

"""Requests as hosted batches: handed in as a file, answered within a day, at a share of the price.

What was handed in is written down (`pending`) before it is waited for, so that a build that is stopped or killed goes on waiting for
the same batches when it is run again; also between upload and start, since a batch is known by the file it was started
from. Answers go through the sink like all others. Requests that expired or failed in passing are handed in again; where an
endpoint's queue has no room for a batch, it waits for those before it, and is halved where there are none.
"""

from __future__ import annotations

import asyncio
import sys
from collections import Counter, deque
from collections.abc import Sequence

from xlforge.config.execution import Execution
from xlforge.models.budget import Account, Budget
from xlforge.models.engine import EngineError, Sink
from xlforge.models.openai import pending
from xlforge.models.openai.bodies import body
from xlforge.models.openai.connection import Connection
from xlforge.models.openai.hosted import Hosted, State, line, outcomes
from xlforge.models.openai.pending import Pending
from xlforge.models.openai.replies import Unusable
from xlforge.requests.request import Request
from xlforge.requests.response import Response

_REQUESTS, _BYTES = 50_000, 90_000_000
"""The most of one batch that every endpoint takes."""
_FIRST_LOOK, _LONGEST_LOOK = 2.0, 60.0
_GROUP = 500
_NO_ROOM = "token_limit_exceeded"


class Batches:
    """The batches of one engine. Raises EngineError, and then what was handed in stays written down."""

    def __init__(self, connection: Connection, budget: Budget, execution: Execution, role: str) -> None:
        self._host, self._mark = connection.url.host, pending.mark(str(connection.url))
        self._hosted = Hosted(connection, execution.retries)
        self._budget, self._execution, self._role = budget, execution, role
        self._most = _REQUESTS

    async def generate(self, requests: Sequence[Request], sink: Sink) -> None:
        """Response all, in as many batches as it takes."""
        self._sink, self._open = sink, {request.key: request for request in requests}
        self._tries, self._waiting = Counter[str](), list[Pending]()
        try:
            await self._take_up()
            handed_in = {key for each in self._waiting for key in each.requests}
            await self._until_done(deque(each for key, each in self._open.items() if key not in handed_in))
        finally:
            for each in self._waiting:
                each.let_go()

    async def _until_done(self, queue: deque[Request]) -> None:
        room, wait = True, _FIRST_LOOK
        while queue or self._waiting:
            while room and (chunk := self._chunk(queue)):
                await self._hand_in(*chunk)
            if not self._waiting:
                raise self._budget.stop(list(self._open.values()))
            await asyncio.sleep(wait)
            wait = min(_LONGEST_LOOK, wait * 1.5)
            for each in list(self._waiting):
                state = await self._look(each)
                if state.ended:
                    queue.extend(await self._collect(each, state))
                    room, wait = state.code != _NO_ROOM or not self._waiting, _FIRST_LOOK

    async def _take_up(self) -> None:
        """Goes on with what an earlier run handed in; batches that nobody waits for are collected if they are done."""
        for each in pending.found(self._mark):
            wanted = len(each.requests.keys() & self._open.keys())
            if not each.hold() or not each.path.exists():
                if wanted:
                    raise EngineError(
                        f"{wanted} answers of the {self._role} are in a batch that another build waits for: run again when "
                        "that one has ended"
                    )
                continue
            self._waiting.append(each)
            if each.file is None:  # its requests were never handed in
                self._forget(each, 0.0)
                continue
            if each.batch is None:
                each.batch = await self._hosted.start(each.file, maybe_started=True)
                each.save()
            if wanted:
                self._say(f"waiting for {wanted} answers in batch {each.batch}, handed in before")
            elif (state := await self._look(each)).ended:
                await self._collect(each, state)
            else:
                self._waiting.remove(each)
                each.let_go()

    def _chunk(self, queue: deque[Request]) -> tuple[list[Request], float] | None:
        """What goes into the next batch, taken from the queue, and what is set aside for it."""
        taken, size, reserved = list[Request](), 0, 0.0
        while queue and len(taken) < self._most and size < _BYTES:
            length = len(body(queue[0]))
            amount = self._budget.most(length, queue[0].sampling.max_tokens)
            if not self._budget.reserve(amount):
                break
            taken.append(queue.popleft())
            size, reserved = size + length, reserved + amount
        self._budget.give_back()
        return (taken, reserved) if taken else None

    async def _hand_in(self, requests: list[Request], reserved: float) -> None:
        each = pending.create(self._mark, requests)
        self._waiting.append(each)
        if account := self._budget.account:
            each.period, each.unit, each.reserved = account.period, account.unit, reserved
        each.save()
        upload = each.path.with_suffix(".upload")
        with upload.open("wb") as file:
            file.writelines(line(request) for request in requests)
        each.file = await self._hosted.upload(upload)
        each.save()
        upload.unlink()
        each.batch = await self._hosted.start(each.file, maybe_started=False)
        each.save()
        self._say(
            f"{len(requests)} requests handed in as batch {each.batch}; a build that is stopped goes on from here"
        )

    async def _look(self, each: Pending) -> State:
        state = await self._hosted.look(str(each.batch))
        if state.done != each.done:
            each.done = state.done
            self._say(f"batch {each.batch}: {state.done} of {state.total} answered")
        return state

    async def _collect(self, each: Pending, state: State) -> list[Request]:
        """Keeps what a batch gave, and forgets it; those of its requests that are to be handed in again."""
        answers: dict[str, Response] = {}
        faults = dict.fromkeys(each.requests, Unusable("the batch gave no answer"))
        for name in state.files:
            fetched = each.path.with_suffix(".fetched")
            await self._hosted.fetch(name, fetched)
            for key, outcome in outcomes(fetched, each.requests):
                if isinstance(outcome, Response):
                    answers[key] = outcome
                else:
                    faults[key] = outcome
            fetched.unlink()
        bought = [(each.requests[key], answer) for key, answer in answers.items()]
        for first in range(0, len(bought), _GROUP):
            await asyncio.wrap_future(self._sink.put(bought[first : first + _GROUP]))
        self._forget(each, sum(self._cost(*pair) for pair in bought))
        await self._hosted.drop([str(each.file), *state.files])
        for key in answers:
            self._open.pop(key, None)
        left = [request for key, request in each.requests.items() if key in self._open]
        if state.code == _NO_ROOM and (self._waiting or len(left) > 1):
            self._most = self._most if self._waiting else len(left) // 2
            return left
        if left and state.status in ("failed", "cancelled"):
            why = f" ({state.message})" if state.message else ""
            raise EngineError(
                f"{self._host}: the batch {each.batch} of the {self._role} has {state.status}{why}. What was answered is kept: "
                f"put the cause right and run again, to hand in the other {len(left)}"
            )
        return [request for request in left if self._may_again(request, faults[request.key])]

    def _may_again(self, request: Request, fault: Unusable) -> bool:
        self._tries[request.key] += 1
        if fault.again and self._tries[request.key] <= self._execution.retries:
            return True
        del self._open[request.key]
        self._sink.fail(request, fault.reason, fault.said)
        return False

    def _cost(self, request: Request, answer: Response) -> float:
        if answer.tokens_in or answer.tokens_out:
            self._budget.learn(request, answer)
            return self._budget.cost(answer.tokens_in, answer.tokens_out)
        return self._budget.most(len(body(request)), request.sampling.max_tokens)

    def _forget(self, each: Pending, spent: float) -> None:
        """It is no longer waited for; what was set aside for it, maybe by an earlier build, comes to what was spent."""
        each.remove()
        self._waiting.remove(each)
        account = self._budget.account
        if account is None or each.period is None or each.unit != account.unit:
            return
        if each.period == account.period:
            self._budget.settle(each.reserved, spent)
        else:
            earlier = Account(self._execution.cache, each.period, each.unit)
            earlier.add(spent - each.reserved)
            earlier.close()

    def _say(self, what: str) -> None:
        print(f"{self._role}: {what}", file=sys.stderr, flush=True)

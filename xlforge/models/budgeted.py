"""Any engine that is paid for, kept within the build's budget: it is handed only as much at a time as can be paid for."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future

from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.models.budget import Budget
from xlforge.models.engine import Engine, Sink
from xlforge.models.openai.limits import Guess
from xlforge.requests.request import Request
from xlforge.requests.response import Completed, Response


def within_budget(engine: Engine, spec: Model, execution: Execution) -> Engine:
    """The engine itself where no budget is set."""
    return engine if execution.budget is None else _Within(engine, spec, execution)


class _Within:
    """Hands on `concurrency` requests at a time, and fewer where the budget ends. Raises `budget.Spent`."""

    def __init__(self, engine: Engine, spec: Model, execution: Execution) -> None:
        self._engine, self._chunk = engine, execution.concurrency
        self._budget = Budget(execution, spec.model, Guess())

    def generate(self, requests: Sequence[Request], sink: Sink) -> None:
        waiting = deque(requests)
        try:
            while waiting:
                reserved: dict[str, float] = {}
                chunk: list[Request] = []
                while waiting and len(chunk) < self._chunk:
                    amount = self._budget.most(len(waiting[0].canonical), waiting[0].sampling.max_tokens)
                    if not self._budget.reserve(amount):
                        break
                    reserved[waiting[0].key] = amount
                    chunk.append(waiting.popleft())
                if not chunk:
                    raise self._budget.stop(list(waiting))
                self._engine.generate(chunk, _Counting(sink, self._budget, reserved))
        finally:
            self._budget.give_back()

    def close(self) -> None:
        self._engine.close()
        self._budget.close()


class _Counting:
    """A sink that counts what its answers took. What failed counts in full, since there may be a bill for it."""

    def __init__(self, sink: Sink, budget: Budget, reserved: dict[str, float]) -> None:
        self._sink, self._budget, self._reserved = sink, budget, reserved

    def put(self, bought: Sequence[Completed]) -> Future[list[Response]]:
        for request, answer in bought:
            amount = self._reserved[request.key]
            told = answer.tokens_in or answer.tokens_out
            if told:
                self._budget.learn(request, answer)
            self._budget.settle(amount, self._budget.cost(answer.tokens_in, answer.tokens_out) if told else amount)
        return self._sink.put(bought)

    def fail(self, request: Request, reason: str, said: str = "") -> None:
        self._sink.fail(request, reason, said)

"""Any engine that is paid for, kept within the build's budget: it is handed only as much at a time as can be paid for."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future

from xlforge.core.params import Model
from xlforge.engines.engine import Bought, Engine, Till
from xlforge.engines.request import Answer, Request
from xlforge.execution.budget import Budget
from xlforge.execution.limits import Guess
from xlforge.execution.settings import Execution


def within_budget(engine: Engine, spec: Model, execution: Execution) -> Engine:
    """The engine itself where no budget is set."""
    return engine if execution.budget is None else _Within(engine, spec, execution)


class _Within:
    """Hands on `concurrency` requests at a time, and fewer where the budget ends. Raises `budget.Spent`."""

    def __init__(self, engine: Engine, spec: Model, execution: Execution) -> None:
        self._engine, self._chunk = engine, execution.concurrency
        self._budget = Budget(execution, spec.model, Guess())

    def ask(self, requests: Sequence[Request], till: Till) -> None:
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
                self._engine.ask(chunk, _Counting(till, self._budget, reserved))
        finally:
            self._budget.give_back()

    def close(self) -> None:
        self._engine.close()
        self._budget.close()


class _Counting:
    """A till that counts what its answers took. What failed counts in full, since there may be a bill for it."""

    def __init__(self, till: Till, budget: Budget, reserved: dict[str, float]) -> None:
        self._till, self._budget, self._reserved = till, budget, reserved

    def keep(self, bought: Sequence[Bought]) -> Future[list[Answer]]:
        for request, answer in bought:
            amount = self._reserved[request.key]
            told = answer.tokens_in or answer.tokens_out
            if told:
                self._budget.learn(request, answer)
            self._budget.settle(amount, self._budget.cost(answer.tokens_in, answer.tokens_out) if told else amount)
        return self._till.keep(bought)

    def fail(self, request: Request, reason: str, said: str = "") -> None:
        self._till.fail(request, reason, said)

"""What a build may spend: `execution.budget`, in money or tokens, never exceeded.

Before a request is sent, the most it can cost is set aside: as many tokens as its body has bytes, and all that its answer may have. Once
answered, it counts as what the endpoint says it took; a reply that was lost counts in full, since it may have been
billed. So the sum stays within the budget, and the last requests of a budget go out one by one.

The sum lies beside the answers, in the store's database, since a stage is several processes on one or many machines. It is counted over one
`dvc repro`: whoever starts a build allows it so much, and a build that is started again is allowed it again. A name under
`execution.period` (a month, a project) counts over every build that gives the same name and store instead. What was in
flight when a build was killed counts as spent.

Counted is what an endpoint or another's LLM class answers; models in process cost no money and are not counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import NamedTuple

import sqlalchemy as sa

from xlforge.base.project import RUN, this_build
from xlforge.cache.database import Database
from xlforge.config.execution import Execution
from xlforge.config.params import load_prices
from xlforge.models.engine import EngineError
from xlforge.models.openai.limits import Guess
from xlforge.requests.request import Request
from xlforge.requests.response import Response

TOKENS = "tokens"
_AHEAD = 16
_TEMPLATE = 64
_BEGIN = "INSERT INTO spending VALUES (:period, :unit, 0) ON CONFLICT DO NOTHING"
_ADD = "UPDATE spending SET amount = amount + :amount WHERE period = :period AND unit = :unit"
_WITHIN = " AND amount + :amount <= :most"
_READ = "SELECT amount FROM spending WHERE period = :period AND unit = :unit"


class Spent(EngineError):
    """The budget does not allow another request."""


class Limit(NamedTuple):
    """A budget as it is written. unit: a currency, or `tokens`."""

    amount: float
    unit: str

    def __str__(self) -> str:
        return told(self.amount, self.unit)


class Account:
    """One sum in the store's database, shared by all who name the same period and unit; opened when it is first needed."""

    def __init__(self, store: str, period: str, unit: str) -> None:
        self._store, self.period, self.unit = store, period, unit
        self._name: dict[str, str | float] = {"period": period, "unit": unit}

    def amount(self) -> float:
        """What is spent or set aside."""
        return self._database.do(lambda connection: float(connection.scalar(sa.text(_READ), self._name) or 0))

    def add(self, amount: float, most: float | None = None) -> bool:
        """Adds to the sum, unless it would then be more than `most`; whether it did."""
        values = self._name | {"amount": amount} | ({} if most is None else {"most": most})
        statement = sa.text(_ADD if most is None else _ADD + _WITHIN)
        return self._database.do(lambda connection: bool(connection.execute(statement, values).rowcount))

    def close(self) -> None:
        """Let go of the database."""
        if "_database" in self.__dict__:
            self._database.engine.dispose()

    @cached_property
    def _database(self) -> Database:
        database = Database(self._store)
        database.do(lambda connection: connection.execute(sa.text(_BEGIN), self._name))
        return database


class Budget:
    """What one engine may spend; without `execution.budget` all of it comes to nothing. batch: it asks in hosted batches.

    guess: the engine's, of what an answer takes. Raises EngineError where the budget is in money and the model has no price.
    """

    def __init__(self, execution: Execution, model: str, guess: Guess, batch: bool = False) -> None:
        self._limit, self._prices = limit(execution), load_prices()
        self._model, self._batch, self._guess = model, batch, guess
        self.account: Account | None = None
        self._spare = self._last = 0.0
        if self._limit is not None:
            self._see_prices(self._limit)
            self.account = Account(execution.cache, execution.period or this_build(), self._limit.unit)

    def most(self, size: int, max_tokens: int) -> float:
        """The most that a request can cost whose body has so many bytes."""
        return self.cost(size + _TEMPLATE, max_tokens)

    def learn(self, request: Request, answer: Response) -> None:
        """What an answer took, for the estimate of what is left."""
        self._guess.learn(len(request.canonical), answer.tokens_in, answer.tokens_out)

    def cost(self, tokens_in: float, tokens_out: float) -> float:
        """What so many tokens cost, in the budget's unit."""
        if self._limit is None or self._limit.unit == TOKENS:
            return tokens_in + tokens_out
        return float(self._prices.cost(self._model, tokens_in, tokens_out, self._batch) or 0)

    def reserve(self, amount: float) -> bool:
        """Sets an amount aside, if it is there; a little more with it, so that not every request asks the database."""
        if self.account is None or self._limit is None:
            return True
        self._last = amount
        for ahead in (_AHEAD, 1):
            if self._spare >= amount:
                break
            if self.account.add(amount * ahead - self._spare, self._limit.amount):
                self._spare = amount * ahead
        if self._spare < amount:
            return False
        self._spare -= amount
        return True

    def settle(self, reserved: float, spent: float) -> None:
        """What was set aside was spent in part, or, where an endpoint counts more than can be, exceeded."""
        if self.account is None:
            return
        self._spare += reserved - spent
        if self._spare < 0:
            self.account.add(-self._spare)
            self._spare = 0.0

    def give_back(self) -> None:
        """What is set aside for nothing in flight may be spent by others."""
        if self.account is not None and self._spare:
            self.account.add(-self._spare)
            self._spare = 0.0

    def stop(self, left: Sequence[Request]) -> Spent:
        """Why it stops, and what is left of this step."""
        assert self.account is not None and self._limit is not None
        sums = [self._guess.tokens(len(each.canonical), each.sampling.max_tokens) for each in left]
        tokens_in, tokens_out = sum(pair[0] for pair in sums), sum(pair[1] for pair in sums)
        rest = told(self.cost(tokens_in, tokens_out), self._limit.unit)
        count = "" if self._limit.unit == TOKENS else f" ({tokens_in + tokens_out:,.0f} tokens)"
        once = self.account.period.startswith(RUN)
        whose = "this dvc run" if once else f"the period {self.account.period!r}"
        again = ", or run `dvc repro` again, which allows as much again" if once else ""
        return Spent(
            f"stopped before the budget of {self._limit} for {whose} is exceeded: {told(self.account.amount(), self._limit.unit)} "
            f"are spent, and the next answer of {self._model} may cost {told(self._last, self._limit.unit)}. What was bought is kept. "
            f"Left of this step: {len(left):,} answers, about {rest}{count}; steps and stages after it come on top. Raise "
            f"execution.budget in params.yaml or XLFORGE_BUDGET{again}"
        )

    def close(self) -> None:
        """Give back what is left over, and let go of the database."""
        if self.account is not None:
            self.give_back()
            self.account.close()

    def _see_prices(self, limit: Limit) -> None:
        if limit.unit == TOKENS:
            return
        if limit.unit != self._prices.currency:
            raise EngineError(
                f"execution.budget is {limit}, but prices.currency in params.yaml is {self._prices.currency}: write the budget "
                "in that, or in tokens"
            )
        if self._model not in self._prices.models:
            raise EngineError(
                f"the budget is in {limit.unit}, and {self._model} has no price: add it under prices.models in params.yaml, "
                "per million tokens, or write the budget in tokens"
            )


def limit(execution: Execution) -> Limit | None:
    """The budget that is set, if any."""
    if execution.budget is None:
        return None
    amount, _, unit = execution.budget.partition(" ")
    return Limit(float(amount), unit)


def spent(execution: Execution) -> float | None:
    """What is spent of the budget's period so far; None without a budget."""
    allowed = limit(execution)
    if allowed is None:
        return None
    account = Account(execution.cache, execution.period or this_build(), allowed.unit)
    try:
        return account.amount()
    finally:
        account.close()


def told(amount: float, unit: str) -> str:
    """An amount in words."""
    if unit == TOKENS:
        return f"{amount:,.0f} tokens"
    return f"{amount:,.2f} {unit}" if amount >= 1 or not amount else f"{amount:.2g} {unit}"

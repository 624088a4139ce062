"""What a build may spend: `execution.budget`, in money or tokens, which is never exceeded.

Before a request is sent, the most that it can cost is reserved: as many tokens as its body has bytes, and all of `max_tokens`. A
response costs what the endpoint reports; one that was lost costs all that was reserved, since it may be billed. So the sum stays below
the budget, and the last requests of a budget go out one by one.

The sum is in the cache's database, since a budget holds for several processes and machines. It counts over one `dvc repro`, or over
every build that names the same `execution.period` and cache. What was in flight when a build was killed counts as spent.

Endpoints and distilabel's LLM classes are counted; models in process cost no money and are not.
"""

import asyncio
import math
from collections.abc import Callable, Sequence
from contextlib import closing
from functools import cached_property
from typing import NamedTuple

import sqlalchemy as sa

from xlforge.base.project import RUN, this_build
from xlforge.cache.database import Database
from xlforge.config.execution import Execution
from xlforge.config.params import load_prices
from xlforge.models.engine import EngineError
from xlforge.models.tokens import TokenEstimate
from xlforge.requests.request import Request
from xlforge.requests.response import Response

TOKENS = "tokens"
_AHEAD = 16
_TEMPLATE = 64
"""Tokens that a chat template may add to a request."""
_BEGIN = "INSERT INTO spending VALUES (:period, :unit, 0) ON CONFLICT DO NOTHING"
_ADD = "UPDATE spending SET amount = amount + :amount WHERE period = :period AND unit = :unit AND amount + :amount <= :maximum"
_READ = "SELECT amount FROM spending WHERE period = :period AND unit = :unit"


class OverBudget(EngineError):
    """The budget does not allow another request."""


class Limit(NamedTuple):
    """A budget as it is written. unit: a currency, or `tokens`."""

    amount: float
    unit: str

    def __str__(self) -> str:
        return _formatted(self.amount, self.unit)


class Account:
    """One sum in the cache's database, shared by all that name the same period and unit; opened at its first use."""

    def __init__(self, cache: str, period: str, unit: str) -> None:
        self._cache, self.period, self.unit = cache, period, unit
        self._name: dict[str, str | float] = {"period": period, "unit": unit}

    def amount(self) -> float:
        """What is spent or reserved."""
        return self._database.do(lambda connection: float(connection.scalar(sa.text(_READ), self._name) or 0))

    def add(self, amount: float, maximum: float | None = None) -> bool:
        """Adds to the sum, unless it would then exceed `maximum`; whether it did."""
        values = self._name | {"amount": amount, "maximum": math.inf if maximum is None else maximum}
        return self._database.do(lambda connection: bool(connection.execute(sa.text(_ADD), values).rowcount))

    def close(self) -> None:
        """Closes the database."""
        if "_database" in self.__dict__:
            self._database.engine.dispose()

    @cached_property
    def _database(self) -> Database:
        database = Database(self._cache)
        database.do(lambda connection: connection.execute(sa.text(_BEGIN), self._name))
        return database


class RemoteAccount(Account):
    """The account as a Ray worker has it: the driver reads it and adds to it.

    call: calls the driver with an amount to add and a maximum; without an amount, it returns the sum.
    """

    def __init__(self, call: Callable[[float | None, float | None], float], *names: str) -> None:
        super().__init__(*names)
        self._call = call

    def amount(self) -> float:
        return self._call(None, None)

    def add(self, amount: float, maximum: float | None = None) -> bool:
        return bool(self._call(amount, maximum))


account_type: Callable[[str, str, str], Account] = Account
"""What a budget opens; a Ray worker, which has no cache, sets another."""


class Budget:
    """What one engine may spend. Without `execution.budget` it allows everything.

    Args:
        execution: resolved.
        model: as params.yaml names it.
        batch: whether requests go into hosted batches, which have a price of their own.

    Raises:
        EngineError: the budget is in money, and the model has no price in that currency.
    """

    def __init__(self, execution: Execution, model: str, batch: bool = False) -> None:
        self._limit, self._prices = limit(execution), load_prices()
        self._model, self._batch = model, batch
        self.estimate = TokenEstimate()
        self.account: Account | None = None
        self._spare = self._last = 0.0
        self._in_flight, self._settled = 0, asyncio.Event()
        if self._limit is not None:
            self._check_price(self._limit)
            self.account = open_account(execution, self._limit)

    def max_cost(self, size: int, max_tokens: int) -> float:
        """The most that a request can cost whose body has so many bytes."""
        return self._cost(size + _TEMPLATE, max_tokens)

    def cost(self, request: Request, response: Response, maximum: float) -> float:
        """What a response cost by the usage that the endpoint reports, from which estimates follow; else the maximum."""
        if not (response.tokens_in or response.tokens_out):
            return maximum
        self.estimate.add(len(request.canonical), response.tokens_in, response.tokens_out)
        return self._cost(response.tokens_in, response.tokens_out)

    def reserve(self, amount: float) -> bool:
        """Reserves an amount, if the budget has it; a little more with it, so that not every request calls the database."""
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

    async def acquire(self, amount: float) -> float:
        """Reserves an amount for a request, as soon as those in flight have left enough of it; `finish` must follow.

        Raises:
            OverBudget: none are in flight.
        """
        while not self.reserve(amount):
            if not self._in_flight:
                raise OverBudget
            self._settled.clear()
            await self._settled.wait()
        self._in_flight += 1
        return amount

    def finish(self, acquired: float, spent: float) -> None:
        """Settles what was acquired for a request."""
        self._in_flight -= 1
        self.settle(acquired, spent)
        self._settled.set()

    def settle(self, reserved: float, spent: float) -> None:
        """Replaces what was reserved by what was spent, which is more only if an endpoint counts more tokens than possible."""
        if self.account is None:
            return
        self._spare += reserved - spent
        if self._spare < 0:
            self.release()

    def release(self) -> None:
        """Lets others spend what is reserved for nothing in flight."""
        if self.account is not None and self._spare:
            self.account.add(-self._spare)
            self._spare = 0.0

    def exceeded(self, left: Sequence[Request]) -> OverBudget:
        """The error for a step that has to stop, with what is left of it."""
        assert self.account is not None and self._limit is not None
        sums = [self.estimate.tokens(len(each.canonical), each.sampling.max_tokens) for each in left]
        tokens_in, tokens_out = sum(pair[0] for pair in sums), sum(pair[1] for pair in sums)
        unit = self._limit.unit
        rest = _formatted(self._cost(tokens_in, tokens_out), unit)
        count = "" if unit == TOKENS else f" ({tokens_in + tokens_out:,.0f} tokens)"
        of_run = self.account.period.startswith(RUN)
        whose = "this dvc run" if of_run else f"the period {self.account.period!r}"
        again = ", or run `dvc repro` again, which allows as much again" if of_run else ""
        return OverBudget(
            f"stopped before the budget of {self._limit} for {whose} is exceeded: {_formatted(self.account.amount(), unit)} are "
            f"spent, and the next response of {self._model} may cost {_formatted(self._last, unit)}. Every response is in the "
            f"cache. Left of this step: {len(left):,} responses, about {rest}{count}; later steps and stages come on top. "
            f"Raise execution.budget in params.yaml or XLFORGE_BUDGET{again}"
        )

    def close(self) -> None:
        """Releases what is left and closes the database."""
        if self.account is not None:
            self.release()
            self.account.close()

    def _cost(self, tokens_in: float, tokens_out: float) -> float:
        """What so many tokens cost, in the budget's unit."""
        if self._limit is None or self._limit.unit == TOKENS:
            return tokens_in + tokens_out
        return float(self._prices.cost(self._model, tokens_in, tokens_out, self._batch) or 0)

    def _check_price(self, limit: Limit) -> None:
        if limit.unit == TOKENS:
            return
        if limit.unit != self._prices.currency:
            what = f"execution.budget is {limit}, but prices.currency in params.yaml is {self._prices.currency}"
            raise EngineError(f"{what}: write the budget in that currency, or in tokens")
        if self._model not in self._prices.models:
            what = f"the budget is in {limit.unit}, and {self._model} has no price"
            raise EngineError(f"{what}: add it under prices.models, per million tokens, or write the budget in tokens")


def limit(execution: Execution) -> Limit | None:
    """The budget that is set, if any."""
    if execution.budget is None:
        return None
    amount, _, unit = execution.budget.partition(" ")
    return Limit(float(amount), unit)


def spent(execution: Execution) -> float | None:
    """What is spent in the budget's period; None without a budget."""
    allowed = limit(execution)
    if allowed is None:
        return None
    with closing(open_account(execution, allowed)) as account:
        return account.amount()


def open_account(execution: Execution, allowed: Limit) -> Account:
    """The account that a build's costs are added to."""
    return account_type(execution.cache, execution.period or this_build(), allowed.unit)


def _formatted(amount: float, unit: str) -> str:
    if unit == TOKENS:
        return f"{amount:,.0f} tokens"
    return f"{amount:,.2f} {unit}" if amount >= 1 or not amount else f"{amount:.2g} {unit}"

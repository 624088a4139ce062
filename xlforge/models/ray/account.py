"""The budget's account as a Ray worker has it: the driver reads it and adds to it."""

from collections.abc import Callable

from xlforge.models.budget import Account

Call = Callable[[float | None, float | None], float]
"""Calls the driver with an amount to add and a maximum; without an amount, returns the sum."""


class RemoteAccount(Account):
    """See Account."""

    def __init__(self, call: Call, cache: str, period: str, unit: str) -> None:
        super().__init__(cache, period, unit)
        self._call = call

    def amount(self) -> float:
        return self._call(None, None)

    def add(self, amount: float, maximum: float | None = None) -> bool:
        return bool(self._call(amount, maximum))

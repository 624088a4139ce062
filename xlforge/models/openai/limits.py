"""How fast an endpoint may be asked: what its limits allow, known ahead, and what its refusals teach.

`Pace` keeps requests and tokens within so many a minute, in any minute, and spends them evenly. Where a limit was not told, an HTTP
429 tells of one: the rate is then cut, and rises again with every answer (multiplicative decrease, additive increase).
"""

from __future__ import annotations

import asyncio
import time

from xlforge.config.execution import Execution, Limit

_BURST = 0.25
_RATIO = 0.3
_STEADY = 0.02
_CUT, _RISE = 0.7, 0.125
_SLOWEST = 0.2


def limit(execution: Execution, role: str) -> Limit:
    """What holds for a role: its own limits, else those of all."""
    return execution.limits.get(role) or Limit(
        requests=execution.requests_per_minute, tokens=execution.tokens_per_minute
    )


class Guess:
    """The tokens a request will take, by those before it: read, by the size of its canonical form; written, by the mean so far."""

    def __init__(self) -> None:
        self._ratio, self._written, self._known = _RATIO, 0.0, 0

    def tokens(self, size: float, most: int) -> tuple[float, float]:
        """Tokens in and out. most: that the answer may have; taken whole while nothing is known."""
        return size * self._ratio, min(most, self._written) if self._known else most

    def learn(self, size: int, tokens_in: int, tokens_out: int) -> None:
        """What one took. The last fifty count most."""
        self._known += 1
        weight = max(1 / self._known, _STEADY)
        self._ratio += weight * (tokens_in / size - self._ratio)
        self._written += weight * (tokens_out - self._written)


class Pace:
    """Requests and tokens a minute. In any minute no more is taken than allowed, but where one request has half of it."""

    def __init__(self, allowed: Limit, concurrency: int) -> None:
        self._requests = _Bucket(allowed.requests, 1) if allowed.requests else None
        self._tokens = _Bucket(allowed.tokens, 0) if allowed.tokens else None
        self._turn = asyncio.Lock()
        self.learnt = Learnt(concurrency)

    @property
    def free(self) -> bool:
        """Whether nothing is to be waited for."""
        return not (self._requests or self._tokens or self.learnt.rate)

    async def take(self, tokens: float) -> None:
        """Returns when a request of so many tokens may be sent; first come, first served."""
        async with self._turn:
            await self.learnt.take()
            for bucket, amount in ((self._requests, 1.0), (self._tokens, tokens)):
                if bucket is not None:
                    await bucket.take(amount)

    def settle(self, taken: float, used: float) -> None:
        """What a request took, once it is known, in place of what was taken for it."""
        if self._tokens is not None:
            self._tokens.give(taken - used)


class Learnt:
    """The rate that an endpoint bears, found by its refusals: requests a second, None while there was none.

    A refusal cuts the rate to a share of what was answered lately, once in a second; answers raise it again by a fixed amount a second.
    """

    def __init__(self, concurrency: int) -> None:
        self.rate: float | None = None
        self._guess, self._rise = float(concurrency), 0.0
        self._second, self._now, self._before = 0, 0, 0
        self._cut = self._raised = float("-inf")
        self._next = 0.0

    async def take(self) -> None:
        """Returns when it is time to send the next."""
        if self.rate is None:
            return
        if (wait := self._next - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        self._next = max(self._next, time.monotonic()) + 1 / self.rate

    def answered(self) -> None:
        """One was answered."""
        now = time.monotonic()
        if int(now) != self._second:
            self._before = self._now if int(now) == self._second + 1 else 0
            self._second, self._now = int(now), 0
        self._now += 1
        if self.rate is not None:
            self.rate += self._rise * min(1.0, now - self._raised)
            self._raised = now

    def refused(self, sent: float) -> None:
        """One that was sent then (time.monotonic) met a 429. Those sent before the last cut, or within a second of it, say nothing new."""
        now = time.monotonic()
        if sent < self._cut or now < self._cut + 1:
            return
        lately = float(max(self._now, self._before)) if now < self._second + 2 else 0.0
        if self.rate is None:  # it may have begun a moment ago, so that few answers mean nothing
            self.rate = max(lately, self._guess)
            self._rise = self.rate * _RISE
        elif lately:
            self.rate = min(self.rate, 2 * lately)
        self.rate = max(_SLOWEST, _CUT * self.rate)
        self._cut = self._raised = now


class _Bucket:
    """Fills steadily, and holds a quarter of a second's worth, or the largest request's.

    whole: 1 where every amount is one, so that the first of the next minute may come on its first moment; else 0.
    """

    def __init__(self, a_minute: float, whole: int) -> None:
        self._a_minute, self._whole = a_minute, whole
        self._holds = a_minute * _BURST / 60
        self._level, self._at = float("inf"), 0.0

    async def take(self, amount: float) -> None:
        self._holds = max(self._holds, amount)
        rate = max(self._a_minute / 2, self._a_minute - self._holds + amount * self._whole) / 60
        while True:
            now = time.monotonic()
            self._level = min(self._holds, self._level + rate * (now - self._at))
            self._at = now
            if self._level >= amount * (1 - 1e-9):
                break
            await asyncio.sleep((amount - self._level) / rate)
        self._level -= amount

    def give(self, amount: float) -> None:
        self._level += amount

"""How fast requests are sent: the limits that are configured, and those that the endpoint's HTTP 429 show.

`RateLimiter` spreads requests and tokens evenly and stays below so many in any minute. Where a limit is not configured, a 429 shows
that there is one: the rate is then cut, and rises again with every response (multiplicative decrease, additive increase).
"""

import asyncio
import time

from xlforge.config.execution import Execution, Limit

_BURST = 0.25
_CUT, _RISE = 0.7, 0.125
_SLOWEST = 0.2


def limit_of(execution: Execution, role: str) -> Limit:
    """The limits of a role: its own, else those of all."""
    common = Limit(requests=execution.requests_per_minute, tokens=execution.tokens_per_minute)
    return execution.limits.get(role) or common


class RateLimiter:
    """Requests and tokens a minute. No minute has more than allowed, unless one request alone needs half of it."""

    def __init__(self, allowed: Limit, concurrency: int) -> None:
        self._requests = _Bucket(allowed.requests, 1) if allowed.requests else None
        self._tokens = _Bucket(allowed.tokens, 0) if allowed.tokens else None
        self._turn = asyncio.Lock()
        self.adaptive = AdaptiveRate(concurrency)

    @property
    def unlimited(self) -> bool:
        """Whether nothing has to be waited for."""
        return not (self._requests or self._tokens or self.adaptive.rate)

    async def acquire(self, tokens: float) -> None:
        """Returns when a request of so many tokens may be sent; first come, first served."""
        async with self._turn:
            await self.adaptive.acquire()
            for bucket, amount in ((self._requests, 1.0), (self._tokens, tokens)):
                if bucket is not None:
                    await bucket.acquire(amount)

    def settle(self, acquired: float, used: float) -> None:
        """Replaces the tokens that were acquired for a request by those that it used."""
        if self._tokens is not None:
            self._tokens.give_back(acquired - used)


class AdaptiveRate:
    """The rate that an endpoint accepts, in requests a second; None while it has sent no 429.

    A 429 cuts the rate to a share of the recent responses a second, at most once a second; responses raise it by a fixed amount a second.
    """

    def __init__(self, concurrency: int) -> None:
        self.rate: float | None = None
        self._initial, self._rise = float(concurrency), 0.0
        self._second, self._now, self._before = 0, 0, 0
        self._cut = self._raised = float("-inf")
        self._next = 0.0

    async def acquire(self) -> None:
        """Returns when the next request may be sent."""
        if self.rate is None:
            return
        if (wait := self._next - time.monotonic()) > 0:
            await asyncio.sleep(wait)
        self._next = max(self._next, time.monotonic()) + 1 / self.rate

    def succeeded(self) -> None:
        """Counts a response."""
        now = time.monotonic()
        if int(now) != self._second:
            self._before = self._now if int(now) == self._second + 1 else 0
            self._second, self._now = int(now), 0
        self._now += 1
        if self.rate is not None:
            self.rate += self._rise * min(1.0, now - self._raised)
            self._raised = now

    def limited(self, sent: float) -> None:
        """Counts a 429. sent: time.monotonic() of the request; one from before the last cut, or from its second, shows nothing new."""
        now = time.monotonic()
        if sent < self._cut or now < self._cut + 1:
            return
        recent = float(max(self._now, self._before)) if now < self._second + 2 else 0.0
        if self.rate is None:  # it may have begun a moment ago, so that few responses show nothing
            self.rate = max(recent, self._initial)
            self._rise = self.rate * _RISE
        elif recent:
            self.rate = min(self.rate, 2 * recent)
        self.rate = max(_SLOWEST, _CUT * self.rate)
        self._cut = self._raised = now


class _Bucket:
    """Fills steadily, and holds a quarter of a second's worth, or the largest request's.

    whole: 1 where every amount is one, so that the first of the next minute may come on its first moment; else 0.
    """

    def __init__(self, per_minute: float, whole: int) -> None:
        self._per_minute, self._whole = per_minute, whole
        self._capacity = per_minute * _BURST / 60
        self._level, self._at = float("inf"), 0.0

    async def acquire(self, amount: float) -> None:
        self._capacity = max(self._capacity, amount)
        rate = max(self._per_minute / 2, self._per_minute - self._capacity + amount * self._whole) / 60
        while True:
            now = time.monotonic()
            self._level = min(self._capacity, self._level + rate * (now - self._at))
            self._at = now
            if self._level >= amount * (1 - 1e-9):
                break
            await asyncio.sleep((amount - self._level) / rate)
        self._level -= amount

    def give_back(self, amount: float) -> None:
        self._level += amount

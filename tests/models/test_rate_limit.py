"""Configured rate limits are never exceeded; those that are not configured are found from HTTP 429."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.models.endpoint import calls, failures, generate, questions
from tests.server import Fault, Server
from xlforge.config.execution import Execution, Limit
from xlforge.models.engine import EngineError
from xlforge.models.openai import live, rate_limit
from xlforge.models.openai.rate_limit import AdaptiveRate, RateLimiter, limit_of
from xlforge.models.tokens import TokenEstimate


class Clock:
    """Time that passes only while something sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    made = Clock()
    monkeypatch.setattr(rate_limit, "time", SimpleNamespace(monotonic=lambda: made.now))
    monkeypatch.setattr(rate_limit, "asyncio", SimpleNamespace(**vars(asyncio) | {"sleep": made.sleep}))
    return made


def sent_at(
    clock: Clock, allowed: Limit, amount_of: Callable[[], float], minutes: float = 3
) -> list[tuple[float, float]]:
    """(when, how much) of requests that are sent as fast as the limiter allows."""

    async def main() -> None:
        limiter, end = RateLimiter(allowed, 64), clock.now + 60 * minutes
        while clock.now < end:
            amount = amount_of()
            await limiter.acquire(amount)
            sent.append((clock.now, amount))

    sent: list[tuple[float, float]] = []
    asyncio.run(main())
    return sent


def most_in_a_minute(sent: list[tuple[float, float]]) -> float:
    best = total = 0.0
    first = 0
    for when, amount in sent:
        total += amount
        while sent[first][0] <= when - 60 + 1e-6:
            total -= sent[first][1]
            first += 1
        best = max(best, total)
    return best


@pytest.mark.parametrize("a_minute", [1, 3, 60, 500, 6000])
def test_no_minute_has_more_requests_than_allowed_and_few_less(clock: Clock, a_minute: int) -> None:
    sent = sent_at(clock, Limit(requests=a_minute), lambda: 1)
    most = most_in_a_minute([(when, 1.0) for when, _ in sent])
    assert most <= a_minute
    assert len(sent) >= 0.98 * 3 * a_minute


def test_no_minute_has_more_tokens_than_allowed_and_few_less(clock: Clock) -> None:
    rng = random.Random(0)
    sent = sent_at(clock, Limit(tokens=90_000), lambda: rng.uniform(100, 2000))
    assert most_in_a_minute(sent) <= 90_000
    assert sum(amount for _, amount in sent) >= 0.95 * 3 * 90_000


def test_tokens_that_were_not_used_can_be_used_later(clock: Clock) -> None:
    async def main() -> int:
        limiter, count, end = RateLimiter(Limit(tokens=60_000), 64), 0, clock.now + 60
        while clock.now < end:
            await limiter.acquire(1000)
            limiter.settle(1000, 250)
            count += 1
        return count

    assert 200 <= asyncio.run(main()) <= 240


def test_a_pause_saves_up_nothing(clock: Clock) -> None:
    async def main() -> list[float]:
        limiter = RateLimiter(Limit(requests=60), 64)
        await limiter.acquire(1)
        clock.now += 600
        times = []
        for _ in range(4):
            await limiter.acquire(1)
            times.append(clock.now)
        return [later - earlier for earlier, later in pairwise(times)]

    assert asyncio.run(main()) == pytest.approx([1, 1, 1])


def test_a_role_has_its_own_limits() -> None:
    execution = Execution(requests_per_minute=60, limits={"judge": {"tokens": 5}})
    assert limit_of(execution, "teacher") == Limit(requests=60)
    assert limit_of(execution, "judge") == Limit(tokens=5)


def test_a_429_cuts_the_rate_once_a_second_and_responses_raise_it(clock: Clock) -> None:
    rate = AdaptiveRate(8)
    for _ in range(100):
        clock.now += 0.02
        rate.succeeded()
    assert rate.rate is None
    for _ in range(40):
        rate.limited(sent=clock.now - 0.2)
    assert rate.rate == pytest.approx(0.7 * 50)
    clock.now += 1.5
    rate.limited(sent=clock.now - 5)
    assert rate.rate == pytest.approx(0.7 * 50), "it was sent before the cut"
    rates = []
    for _ in range(160):
        clock.now += 0.05
        rate.succeeded()
        rates.append(rate.rate)
    assert rates[79] - rates[39] == pytest.approx(2 * 50 / 8), "an eighth of what it was, in each second"
    for _ in range(40):
        clock.now += 1
        rate.limited(clock.now)
    assert rate.rate == pytest.approx(0.2)


def test_a_429_of_the_first_moment_does_not_stop_everything(clock: Clock) -> None:
    rate = AdaptiveRate(64)
    rate.succeeded()
    rate.limited(sent=clock.now - 0.01)
    assert rate.rate == pytest.approx(0.7 * 64)


def test_a_rate_that_was_found_is_not_exceeded(clock: Clock) -> None:
    async def main() -> float:
        limiter = RateLimiter(Limit(), 64)
        assert limiter.unlimited
        limiter.adaptive.limited(sent=clock.now)
        assert not limiter.unlimited
        begun, rate = clock.now, limiter.adaptive.rate
        for _ in range(90):
            await limiter.acquire(1)
        assert rate is not None
        return 89 / (clock.now - begun) / rate

    assert asyncio.run(main()) == pytest.approx(1)


def test_an_estimate_follows_what_was_used() -> None:
    estimate = TokenEstimate()
    assert estimate.tokens(100, 512)[1] == 512
    for _ in range(200):
        estimate.add(100, 25, 40)
    assert estimate.tokens(200, 512) == pytest.approx((50, 40))
    assert estimate.tokens(200, 10)[1] == 10


ALLOWED = {"requests": 200, "tokens": 4000, "seconds": 3}
"""Of the server, in three seconds: half as much again as is configured below, since a busy machine bunches what was sent evenly."""


@pytest.mark.parametrize(
    "limit", [{"requests_per_minute": 2400}, {"tokens_per_minute": 50_000}], ids=lambda limit: next(iter(limit))
)
def test_configured_limits_cause_no_429(tmp_path: Path, limit: dict[str, float]) -> None:
    """A response takes twenty-odd tokens, by the server's own count."""
    with Server(limits=ALLOWED) as server:
        assert calls(generate(tmp_path, server.url, questions(220, max_tokens=12), **limit)) == 220
        assert server.counts()["statuses"] == {}


def test_limits_that_are_not_configured_are_found(tmp_path: Path) -> None:
    """So the test above can fail; and few retries are enough, and no row is lost."""
    wanted = questions(260, max_tokens=12)
    with Server(limits=ALLOWED) as server:
        batch = generate(tmp_path, server.url, wanted, max_retries=1)
        counts = server.counts()
    assert (calls(batch), failures(batch, wanted)) == (260, {})
    assert 0 < counts["statuses"]["limit"] < 3 * 260
    assert counts["repeated"] == 0


def test_a_429_uses_up_no_retries_while_the_minute_lasts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_FIRST_WAIT", 0.01)
    with Server(faults=[Fault("429", tries=8)]) as server:
        assert calls(generate(tmp_path, server.url, questions(3), max_retries=1)) == 3
        monkeypatch.setattr(live, "_PATIENCE", 0.0)
        batch = generate(tmp_path, server.url, questions(6), max_retries=1)
    assert failures(batch, questions(6)) == dict.fromkeys((3, 4, 5), "HTTP 429")


def test_an_empty_account_stops_the_build_at_once(tmp_path: Path) -> None:
    with Server(faults=[Fault("quota")]) as server:
        with pytest.raises(EngineError, match="no credit left"):
            generate(tmp_path, server.url, questions(50), concurrency=4)
        assert server.counts()["received"] <= 4

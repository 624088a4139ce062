"""What an endpoint allows is kept to ahead of time; what it does not tell is learnt from its refusals."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.execution.shop import buy, questions
from tests.server import Fault, Server
from xlforge.config.execution import Execution, Limit
from xlforge.models.engine import EngineError
from xlforge.models.openai import engine as endpoint
from xlforge.models.openai import limits
from xlforge.models.openai.limits import Guess, Learnt, Pace, limit


class Clock:
    """Time that passes only where somebody sleeps."""

    def __init__(self) -> None:
        self.now = 1000.0

    async def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Iterator[Clock]:
    made = Clock()
    monkeypatch.setattr(limits, "time", SimpleNamespace(monotonic=lambda: made.now))
    monkeypatch.setattr(limits, "asyncio", SimpleNamespace(**vars(asyncio) | {"sleep": made.sleep}))
    return made


def taken(clock: Clock, allowed: Limit, cost: Callable[[], float], minutes: float = 3) -> list[tuple[float, float]]:
    """(when, how much) of requests that are sent as fast as the pace lets them."""

    async def main() -> None:
        pace, end = Pace(allowed, 64), clock.now + 60 * minutes
        while clock.now < end:
            amount = cost()
            await pace.take(amount)
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
    sent = taken(clock, Limit(requests=a_minute), lambda: 1)
    most = most_in_a_minute([(when, 1.0) for when, _ in sent])
    assert most <= a_minute
    assert len(sent) >= 0.98 * 3 * a_minute


def test_no_minute_has_more_tokens_than_allowed_and_few_less(clock: Clock) -> None:
    draw = random.Random(0)
    sent = taken(clock, Limit(tokens=90_000), lambda: draw.uniform(100, 2000))
    assert most_in_a_minute(sent) <= 90_000
    assert sum(amount for _, amount in sent) >= 0.95 * 3 * 90_000


def test_tokens_that_were_not_used_are_had_again(clock: Clock) -> None:
    async def main() -> int:
        pace, count, end = Pace(Limit(tokens=60_000), 64), 0, clock.now + 60
        while clock.now < end:
            await pace.take(1000)
            pace.settle(1000, 250)
            count += 1
        return count

    assert 200 <= asyncio.run(main()) <= 240


def test_a_pause_saves_up_nothing(clock: Clock) -> None:
    async def main() -> list[float]:
        pace = Pace(Limit(requests=60), 64)
        await pace.take(1)
        clock.now += 600
        times = []
        for _ in range(4):
            await pace.take(1)
            times.append(clock.now)
        return [later - earlier for earlier, later in pairwise(times)]

    assert asyncio.run(main()) == pytest.approx([1, 1, 1])


def test_a_role_has_its_own_limits() -> None:
    execution = Execution(requests_per_minute=60, limits={"judge": {"tokens": 5}})
    assert limit(execution, "teacher") == Limit(requests=60)
    assert limit(execution, "judge") == Limit(tokens=5)


def test_refusals_cut_the_rate_once_in_a_second_and_answers_raise_it(clock: Clock) -> None:
    learnt = Learnt(8)
    for _ in range(100):
        clock.now += 0.02
        learnt.answered()
    assert learnt.rate is None
    for _ in range(40):
        learnt.refused(sent=clock.now - 0.2)
    assert learnt.rate == pytest.approx(0.7 * 50)
    clock.now += 1.5
    learnt.refused(sent=clock.now - 5)
    assert learnt.rate == pytest.approx(0.7 * 50), "it was sent before the cut"
    rates = []
    for _ in range(160):
        clock.now += 0.05
        learnt.answered()
        rates.append(learnt.rate)
    assert rates[79] - rates[39] == pytest.approx(2 * 50 / 8), "an eighth of what it was, in each second"
    for _ in range(40):
        clock.now += 1
        learnt.refused(clock.now)
    assert learnt.rate == pytest.approx(0.2)


def test_a_refusal_of_the_first_moment_does_not_stop_everything(clock: Clock) -> None:
    learnt = Learnt(64)
    learnt.answered()
    learnt.refused(sent=clock.now - 0.01)
    assert learnt.rate == pytest.approx(0.7 * 64)


def test_a_learnt_rate_is_kept_to(clock: Clock) -> None:
    async def main() -> float:
        pace = Pace(Limit(), 64)
        assert pace.free
        pace.learnt.refused(sent=clock.now)
        assert not pace.free
        begun, rate = clock.now, pace.learnt.rate
        for _ in range(90):
            await pace.take(1)
        assert rate is not None
        return 89 / (clock.now - begun) / rate

    assert asyncio.run(main()) == pytest.approx(1)


def test_a_guess_follows_what_was_used() -> None:
    guess = Guess()
    assert guess.tokens(100, 512)[1] == 512
    for _ in range(200):
        guess.learn(100, 25, 40)
    assert guess.tokens(200, 512) == pytest.approx((50, 40))
    assert guess.tokens(200, 10)[1] == 10


ALLOWED = {"requests": 200, "tokens": 4000, "seconds": 3}
"""Of the server, in three seconds: half as much again as is told below, since a busy machine bunches what was sent evenly."""


@pytest.mark.parametrize(
    "told", [{"requests_per_minute": 2400}, {"tokens_per_minute": 50_000}], ids=lambda told: next(iter(told))
)
def test_limits_that_are_told_are_not_met(tmp_path: Path, told: dict[str, float]) -> None:
    """An answer takes twenty-odd tokens, by the server's own count."""
    with Server(limits=ALLOWED) as server:
        assert buy(tmp_path, server.url, questions(220, most=12), **told).record()["calls"] == 220
        assert server.counts()["statuses"] == {}


def test_without_being_told_the_same_limits_are_met(tmp_path: Path) -> None:
    """The test above can fail; and whoever meets limits comes to terms with them, on few retries, with no row lost."""
    with Server(limits=ALLOWED) as server:
        record = buy(tmp_path, server.url, questions(260, most=12), retries=1).record()
        counts = server.counts()
    assert (record["calls"], record["failures"]) == (260, 0)
    assert 0 < counts["statuses"]["limit"] < 3 * 260
    assert counts["repeated"] == 0


def test_a_429_wears_out_no_retries_while_the_minute_lasts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(endpoint, "_FIRST_WAIT", 0.01)
    with Server(faults=[Fault("429", tries=8)]) as server:
        assert buy(tmp_path, server.url, questions(3), retries=1).record()["calls"] == 3
        monkeypatch.setattr(endpoint, "_PATIENCE", 0.0)
        assert buy(tmp_path, server.url, questions(6), retries=1).record()["failures"] == 3


def test_an_empty_account_stops_the_build_at_once(tmp_path: Path) -> None:
    with Server(faults=[Fault("quota")]) as server:
        with pytest.raises(EngineError, match="quota is used up"):
            buy(tmp_path, server.url, questions(50), concurrency=4)
        assert server.counts()["received"] <= 4

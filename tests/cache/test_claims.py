"""Two builds on one cache generate a response once: what one of them is generating, the other one waits for."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Sequence

import pytest
import sqlalchemy as sa

from xlforge.cache import Cache
from xlforge.cache.tables import CLIENTS
from xlforge.models.engine import EngineError, Sink
from xlforge.requests.request import Request
from xlforge.requests.response import Response
from xlforge.steps.batch import Batch, Tolerance

REQUESTS = {each.key: each for each in (Request("openai", "m", "r", (("user", f"{number}?"),)) for number in range(60))}
KEYS = list(REQUESTS)
YES = Response("yes", "stop", 1, 1)


def test_what_one_claims_the_other_gets_when_it_is_released(url: str) -> None:
    with Cache(url) as one, Cache(url) as two:
        assert one.claim(KEYS[:2]) == ({*KEYS[:2]}, {})
        assert two.claim(KEYS[:3]) == ({KEYS[2]}, {})
        one.release()
        assert two.claim(KEYS[:2])[0] >= {*KEYS[:2]}


def test_what_was_generated_in_the_meantime_is_found_and_not_claimed(url: str) -> None:
    with Cache(url) as one, Cache(url) as two:
        one.claim(KEYS[:2])
        one.put([(REQUESTS[KEYS[0]], YES)]).result()
        assert two.claim(KEYS[:2]) == (set(), {KEYS[0]: YES})
        one.release()
        assert two.claim(KEYS[:2]) == ({KEYS[1]}, {KEYS[0]: YES})


def test_a_killed_client_on_this_machine_blocks_nobody(url: str) -> None:
    code = f"import os; from xlforge.cache import Cache; Cache({url!r}).claim({KEYS[:5]}); os._exit(9)"
    subprocess.run([sys.executable, "-c", code], check=False)
    with Cache(url) as cache:
        assert cache.claim(KEYS[:5])[0] == {*KEYS[:5]}


@pytest.mark.parametrize(("heard", "mine"), [(60.0, 0), (-1.0, 5)], ids=["alive", "expired"])
def test_a_client_elsewhere_holds_its_claims_until_its_heartbeat_expires(url: str, heard: float, mine: int) -> None:
    with Cache(url) as gone, Cache(url) as cache:
        gone._claims._client = "another-machine|1|1|abcd"
        gone.claim(KEYS[:5])
        with cache.database.engine.begin() as connection:
            connection.execute(sa.update(CLIENTS).values(until=time.time() + heard))
        assert len(cache.claim(KEYS[:5])[0]) == mine


class SlowEngine:
    """An engine that takes its time and fails the requests it is given as bad; it counts the requests it receives."""

    def __init__(self, bad: frozenset[str] = frozenset()) -> None:
        self.received: Counter[str] = Counter()
        self.bad = bad

    def generate(self, requests: Sequence[Request], sink: Sink) -> None:
        for request in requests:
            self.received[request.key] += 1
            time.sleep(0.005)
            if request.key in self.bad:
                sink.fail(request, "HTTP 500")
            else:
                sink.put([(request, YES)])


def build(url: str, keys: Sequence[str], engine: SlowEngine, limit: int = 1000) -> Batch:
    with Cache(url) as cache:
        batch = Batch(cache, {key: REQUESTS[key] for key in keys}, "test", Tolerance(limit))
        with batch:
            for turn in batch.turns():
                engine.generate(turn, batch)
        return batch


def test_two_builds_with_overlapping_requests_generate_each_response_once_and_both_have_it(url: str) -> None:
    one, two = SlowEngine(), SlowEngine()
    wanted = [(KEYS[:50], one), (KEYS[10:][::-1], two)]
    batches: dict[int, Batch] = {}
    threads = [
        threading.Thread(target=lambda number=number: batches.update({number: build(url, *wanted[number])}))
        for number in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert set((one.received + two.received).values()) == {1}
    assert len(one.received + two.received) == 60
    for number, (keys, _) in enumerate(wanted):
        assert all(batches[number].outcome(key) == (YES, "") for key in keys)
    assert sum(batch.counts()["calls"] for batch in batches.values()) == 60
    assert sum(batch.counts()["hits"] for batch in batches.values()) == 100 - 60


def test_what_failed_in_one_build_is_generated_by_the_other(url: str) -> None:
    """The second may have another endpoint."""
    one, two = SlowEngine(bad=frozenset(KEYS[:3])), SlowEngine()
    first = threading.Thread(target=build, args=(url, KEYS[:20], one))
    first.start()
    time.sleep(0.02)
    batch = build(url, KEYS[:20], two)
    first.join()
    assert all(batch.outcome(key) == (YES, "") for key in KEYS[:20])
    assert set(two.received) >= {*KEYS[:3]}


def test_a_build_that_fails_releases_its_claims(url: str) -> None:
    with pytest.raises(EngineError):
        build(url, KEYS[:5], SlowEngine(bad=frozenset(KEYS)), limit=2)
    engine = SlowEngine()
    build(url, KEYS[:5], engine)
    assert len(engine.received) == 5

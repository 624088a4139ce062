"""A cache on a server that goes away and comes back."""

from __future__ import annotations

import signal
import threading
import time
from concurrent.futures import Future

import pytest

from tests.postgres import Postgres
from xlforge.cache import Cache, CacheError, database
from xlforge.requests.request import Request
from xlforge.requests.response import Response

YES = Response("yes", "stop", 1, 1)


def request(number: int) -> Request:
    return Request("openai", "m", "r", (("user", f"{number}?"),))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["shut down", "crashed"])
def test_reads_and_writes_succeed_while_the_server_restarts(postgres: Postgres, how: signal.Signals) -> None:
    with Cache(postgres.database()) as cache:
        puts: list[Future[list[Response]]] = []
        restart = threading.Thread(target=postgres.restart, args=(how,))
        for number in range(600):
            puts.append(cache.put([(request(number), YES)]))
            if number == 200:
                restart.start()
            if number % 100 == 0:
                cache.get_many([request(number).key])
            time.sleep(0.002)
        restart.join()
        assert all(put.result() == [YES] for put in puts)
        assert len(cache.get_many(request(number).key for number in range(600))) == 600


def test_a_server_that_is_starting_is_waited_for(postgres: Postgres) -> None:
    url = postgres.database()
    postgres.stop()
    late = threading.Timer(1.0, postgres.start)
    late.start()
    with Cache(url) as cache:
        assert cache.models() == {}
    late.join()


def test_a_server_that_stays_away_is_an_error(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_AT_OPENING", 0.5)
    url = postgres.database()
    cache = Cache(url)
    cache.database._patience = 0.5
    postgres.stop()
    try:
        with pytest.raises(CacheError, match="XLFORGE_CACHE"):
            Cache(url)
        for work in (
            lambda: cache.put([(request(0), YES)]).result(),
            lambda: cache.get_many([request(0).key]),
            lambda: cache.claim([request(0).key]),
        ):
            with pytest.raises(CacheError, match=r"does not work: .*refused"):
                work()
    finally:
        postgres.start()
        cache.close()


@pytest.mark.parametrize("wrong", ["nowhere", "database"])
def test_what_waiting_cannot_fix_is_reported_at_once_and_without_the_password(postgres: Postgres, wrong: str) -> None:
    url = postgres.url("absent").replace("xlforge@", "xlforge:5ecret@")
    if wrong == "nowhere":
        url = url.replace("127.0.0.1", "nowhere.invalid")
    start = time.monotonic()
    with pytest.raises(CacheError, match="XLFORGE_CACHE") as fault:
        Cache(url)
    assert time.monotonic() - start < 8
    assert "5ecret" not in str(fault.value)

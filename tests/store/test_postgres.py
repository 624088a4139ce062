"""A store on a server that goes away and comes back."""

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


def asked(number: int) -> Request:
    return Request("openai", "m", "r", (("user", f"{number}?"),))


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["shut down", "crashed"])
def test_what_is_put_and_asked_while_the_server_restarts_arrives(postgres: Postgres, how: signal.Signals) -> None:
    with Cache(postgres.database()) as store:
        puts: list[Future[list[Response]]] = []
        restart = threading.Thread(target=postgres.restart, args=(how,))
        for number in range(600):
            puts.append(store.put([(asked(number), YES)]))
            if number == 200:
                restart.start()
            if number % 100 == 0:
                store.get_many([asked(number).key])
            time.sleep(0.002)
        restart.join()
        assert all(put.result() == [YES] for put in puts)
        assert len(store.get_many(asked(number).key for number in range(600))) == 600


def test_a_server_that_is_starting_is_waited_for(postgres: Postgres) -> None:
    url = postgres.database()
    postgres.stop()
    late = threading.Timer(1.0, postgres.start)
    late.start()
    with Cache(url) as store:
        assert store.models() == {}
    late.join()


def test_a_server_that_stays_away_is_told(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database, "_AT_OPENING", 0.5)
    url = postgres.database()
    store = Cache(url)
    store.database._patience = 0.5
    postgres.stop()
    try:
        with pytest.raises(CacheError, match="cannot be opened"):
            Cache(url)
        with pytest.raises(CacheError, match="cannot be written"):
            store.put([(asked(0), YES)]).result()
        with pytest.raises(CacheError, match="does not answer"):
            store.get_many([asked(0).key])
    finally:
        postgres.start()
        store.close()


@pytest.mark.parametrize("wrong", ["nowhere", "database"])
def test_what_waiting_does_not_mend_is_told_at_once_and_without_the_password(postgres: Postgres, wrong: str) -> None:
    url = postgres.url("absent").replace("xlforge@", "xlforge:5ecret@")
    if wrong == "nowhere":
        url = url.replace("127.0.0.1", "nowhere.invalid")
    start = time.monotonic()
    with pytest.raises(CacheError, match="XLFORGE_CACHE") as fault:
        Cache(url)
    assert time.monotonic() - start < 8
    assert "5ecret" not in str(fault.value)

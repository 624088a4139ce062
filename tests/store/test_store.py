"""The response store: nothing that was put is lost or changed, whoever else writes."""

from __future__ import annotations

import multiprocessing
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import orjson
import pytest

from xlforge.cache import Cache, CacheError
from xlforge.requests.request import Request, Sampling
from xlforge.requests.response import Response

HOSTILE = "NUL \x00, lone \ud800 and \udfff, CRLF \r\n, </answer>, <|im_end|>, 漢字 👍"


def file(url: str) -> str:
    return url.removeprefix("sqlite:///")


def request(text: str = "Why?", **changes: object) -> Request:
    return Request("openai", "model", "r1", (("user", text),), Sampling(0.7, 0.9, 64), **changes)


@pytest.mark.parametrize(
    "answer",
    [
        Response(HOSTILE, "stop", 12, 34, -56.789012345678),
        Response("", "length", 0, 0, None),
        Response("x" * 1_000_000, "content_filter", 1, 2_000_000, 0.0),
    ],
    ids=["hostile", "empty", "a megabyte"],
)
def test_answers_come_back_as_they_were_put(url: str, answer: Response) -> None:
    asked = request(HOSTILE)
    with Cache(url) as store:
        assert store.put([(asked, answer)]).result() == [answer]
    with Cache(url) as store:
        assert store.get_many([asked.key, "0" * 64]) == {asked.key: answer}
        assert store.request(asked.key) == asked.canonical


def test_more_keys_than_a_query_takes(url: str) -> None:
    asked = [request(candidate=number) for number in range(2500)]
    with Cache(url) as store:
        store.put([(each, Response(str(each.candidate), "stop", 1, 1)) for each in asked]).result()
        found = store.get_many(each.key for each in asked)
    assert [found[each.key].text for each in asked] == [str(number) for number in range(2500)]


def test_what_was_put_is_committed_when_the_future_resolves(url: str) -> None:
    with Cache(url) as store, Cache(url) as other:
        for number in range(50):
            asked = request(candidate=number)
            store.put([(asked, Response("yes", "stop", 1, 1))]).result()
            assert asked.key in other.get_many([asked.key])


def test_a_killed_process_loses_nothing_that_was_committed(url: str) -> None:
    code = f"""
import sys
from tests.store.test_store import *
with Cache({url!r}) as store:
    for number in range(100000):
        store.put([(request(candidate=number), Response("yes", "stop", 1, 1))]).result()
        print(number, flush=True)
"""
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    told = [child.stdout.readline() for _ in range(300)]
    child.send_signal(signal.SIGKILL)
    told += child.communicate()[0].splitlines(keepends=True)
    done = [int(line) for line in told if line.endswith("\n")]
    with Cache(url) as store:
        assert len(store.get_many(request(candidate=number).key for number in done)) == len(done)


def _buy(url: str, name: int, out: multiprocessing.Queue[list[str]]) -> None:
    with Cache(url) as store:
        puts = [store.put([(request(candidate=n), Response(f"{name}", "stop", 1, 1))]) for n in range(300)]
        out.put([put.result()[0].text for put in puts])


def test_processes_that_buy_the_same_are_given_the_same_words(url: str) -> None:
    """Four at once create the store and write the same rows: no one fails, and each is handed what the store holds."""
    context = multiprocessing.get_context("fork")
    out: multiprocessing.Queue[list[str]] = context.Queue()
    children = [context.Process(target=_buy, args=(url, name, out)) for name in range(4)]
    for child in children:
        child.start()
    given = [out.get(timeout=30) for _ in children]
    for child in children:
        child.join()
    with Cache(url) as store:
        held = store.get_many(request(candidate=number).key for number in range(300))
    assert given == [[held[request(candidate=number).key].text for number in range(300)]] * 4


def test_a_busy_database_is_waited_for(file_url: str) -> None:
    with Cache(file_url) as store:
        other = sqlite3.connect(file(file_url), check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(0.3, other.rollback).start()
        start = time.monotonic()
        store.put([(request(), Response("yes", "stop", 1, 1))]).result()
        assert time.monotonic() - start > 0.25


def test_a_write_that_fails_is_told_and_the_next_succeeds(file_url: str) -> None:
    with Cache(file_url) as store:
        other = sqlite3.connect(file(file_url))
        other.execute("CREATE TRIGGER full BEFORE INSERT ON answers BEGIN SELECT RAISE(FAIL, 'disk is full'); END")
        with pytest.raises(CacheError, match="disk is full"):
            store.put([(request(), Response("yes", "stop", 1, 1))]).result()
        other.execute("DROP TRIGGER full")
        assert store.put([(request(), Response("yes", "stop", 1, 1))]).result()[0].text == "yes"


def test_stats_count_by_model(url: str) -> None:
    with Cache(url) as store:
        assert store.stats()["models"] == []
        store.put([(request(candidate=n), Response("four", "stop", 10, 3)) for n in range(5)]).result()
        store.put([(Request("openai", "another", None, (("user", "?"),)), Response("four", "stop", 1, 2))]).result()
        first, second = store.stats()["models"]
    assert (first["model"], first["answers"], first["tokens_in"], first["tokens_out"]) == ("another", 1, 1, 2)
    assert (second["model"], second["answers"], second["tokens_in"], second["tokens_out"]) == ("model", 5, 50, 15)
    assert second["bytes"] > 5 * len("four")
    assert orjson.dumps([first, second])


def test_a_store_of_another_version_is_refused(file_url: str) -> None:
    Cache(file_url).close()
    sqlite3.connect(file(file_url)).executescript("UPDATE alembic_version SET version_num = 99")
    with pytest.raises(CacheError, match="version 99"):
        Cache(file_url)


@pytest.mark.parametrize("bad", ["mysql://me:secret@host/db", "no url: secret", "sqlite:////proc/none/secret.sqlite"])
def test_a_store_that_cannot_be_had_is_told_with_the_remedy(bad: str) -> None:
    with pytest.raises(CacheError, match="XLFORGE_CACHE"):
        Cache(bad)

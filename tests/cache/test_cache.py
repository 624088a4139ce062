"""The response cache: nothing that was put is lost or changed, whoever else writes."""

from __future__ import annotations

import multiprocessing
import signal
import sqlite3
import subprocess
import sys
import threading
import time

import pytest

from xlforge.cache import Cache, CacheError
from xlforge.requests.request import Request, Sampling
from xlforge.requests.response import Response

HOSTILE = "NUL \x00, lone \ud800 and \udfff, CRLF \r\n, </answer>, <|im_end|>, 漢字 👍"
YES = Response("yes", "stop", 1, 1)


def file(url: str) -> str:
    return url.removeprefix("sqlite:///")


def request(text: str = "Why?", **changes: object) -> Request:
    return Request("openai", "model", "r1", (("user", text),), Sampling(0.7, 0.9, 64), **changes)


@pytest.mark.parametrize(
    "response",
    [
        Response(HOSTILE, "stop", 12, 34, -56.789012345678),
        Response("", "length", 0, 0, None),
        Response("x" * 1_000_000, "content_filter", 1, 2_000_000, 0.0),
    ],
    ids=["hostile", "empty", "a megabyte"],
)
def test_responses_are_read_as_they_were_put(url: str, response: Response) -> None:
    hostile = request(HOSTILE)
    with Cache(url) as cache:
        assert cache.put([(hostile, response)]).result() == [response]
    with Cache(url) as cache:
        assert cache.get_many([hostile.key, "0" * 64]) == {hostile.key: response}
        assert cache.request(hostile.key) == hostile.canonical


def test_any_number_of_keys_can_be_looked_up(url: str) -> None:
    """More than a database allows parameters in one query."""
    requests = [request(candidate=number) for number in range(2500)]
    with Cache(url) as cache:
        cache.put([(each, Response(str(each.candidate), "stop", 1, 1)) for each in requests]).result()
        found = cache.get_many(each.key for each in requests)
    assert [found[each.key].text for each in requests] == [str(number) for number in range(2500)]


def test_a_response_is_committed_when_its_future_resolves(url: str) -> None:
    with Cache(url) as cache, Cache(url) as other:
        for number in range(50):
            each = request(candidate=number)
            cache.put([(each, YES)]).result()
            assert each.key in other.get_many([each.key])


def test_a_killed_process_loses_nothing_that_was_committed(url: str) -> None:
    code = f"""
from tests.cache.test_cache import *
with Cache({url!r}) as cache:
    for number in range(100000):
        cache.put([(request(candidate=number), YES)]).result()
        print(number, flush=True)
"""
    child = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    lines = [child.stdout.readline() for _ in range(300)]
    child.send_signal(signal.SIGKILL)
    lines += child.communicate()[0].splitlines(keepends=True)
    done = [int(line) for line in lines if line.endswith("\n")]
    with Cache(url) as cache:
        assert len(cache.get_many(request(candidate=number).key for number in done)) == len(done)


def _put_all(url: str, name: int, out: multiprocessing.Queue[list[str]]) -> None:
    with Cache(url) as cache:
        puts = [cache.put([(request(candidate=n), Response(f"{name}", "stop", 1, 1))]) for n in range(300)]
        out.put([put.result()[0].text for put in puts])


def test_processes_that_put_the_same_requests_receive_the_same_texts(url: str) -> None:
    """Four at once create the cache and write the same rows: none fails, and each receives what the cache holds."""
    context = multiprocessing.get_context("fork")
    out: multiprocessing.Queue[list[str]] = context.Queue()
    children = [context.Process(target=_put_all, args=(url, name, out)) for name in range(4)]
    for child in children:
        child.start()
    received = [out.get(timeout=30) for _ in children]
    for child in children:
        child.join()
    with Cache(url) as cache:
        held = cache.get_many(request(candidate=number).key for number in range(300))
    assert received == [[held[request(candidate=number).key].text for number in range(300)]] * 4


def test_close_commits_what_is_queued(url: str) -> None:
    with Cache(url) as cache:
        puts = [cache.put([(request(candidate=number), YES)]) for number in range(2500)]
    assert all(put.done() for put in puts)
    with Cache(url) as cache:
        assert cache.models() == {("model", "r1"): 2500}


def test_a_busy_database_is_waited_for(file_url: str) -> None:
    with Cache(file_url) as cache:
        other = sqlite3.connect(file(file_url), check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        threading.Timer(0.3, other.rollback).start()
        start = time.monotonic()
        cache.put([(request(), YES)]).result()
        assert time.monotonic() - start > 0.25


def test_a_write_that_fails_is_reported_and_the_next_one_succeeds(file_url: str) -> None:
    with Cache(file_url) as cache:
        other = sqlite3.connect(file(file_url))
        other.execute("CREATE TRIGGER full BEFORE INSERT ON responses BEGIN SELECT RAISE(FAIL, 'disk is full'); END")
        with pytest.raises(CacheError, match="disk is full"):
            cache.put([(request(), YES)]).result()
        other.execute("DROP TRIGGER full")
        assert cache.put([(request(), YES)]).result() == [YES]


def test_stats_count_by_model(url: str) -> None:
    with Cache(url) as cache:
        assert cache.stats()["models"] == []
        cache.put([(request(candidate=n), Response("four", "stop", 10, 3)) for n in range(5)]).result()
        cache.put([(Request("openai", "another", None, (("user", "?"),)), Response("four", "stop", 1, 2))]).result()
        first, second = cache.stats()["models"]
    assert (first["model"], first["responses"], first["tokens_in"], first["tokens_out"]) == ("another", 1, 1, 2)
    assert (second["model"], second["responses"], second["tokens_in"], second["tokens_out"]) == ("model", 5, 50, 15)
    assert second["bytes"] > 5 * len("four")


@pytest.mark.parametrize("bad", ["mysql://me:secret@host/db", "no url: secret", "sqlite:////proc/none/secret.sqlite"])
def test_a_url_that_cannot_be_opened_is_reported_with_the_remedy(bad: str) -> None:
    with pytest.raises(CacheError, match="XLFORGE_CACHE"):
        Cache(bad)

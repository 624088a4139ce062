"""What several workers did is told as if one process had done it, and they may do no more than one."""

from __future__ import annotations

from pathlib import Path

import orjson

from xlforge.config.execution import Execution, Limit
from xlforge.models.ray.account import Account
from xlforge.models.ray.shares import share
from xlforge.models.ray.worker import Sale
from xlforge.stage.run_log import KEYS, Record

A, B, C = ("a" * 64, "b" * 64, "c" * 64)


def sale(calls: int, hits: int, keys: list[str], again: bool = False) -> Sale:
    """Every answer took 10 tokens in and 2 out."""
    line = {"calls": calls, "hits": hits, "tokens_in": 10 * calls, "tokens_out": 2 * calls}
    line |= {"hits_tokens_in": 10 * hits, "hits_tokens_out": 2 * hits}
    return Sale(line, again, keys, dict.fromkeys(keys, (10, 2)))


def counted(folder: Path, *works: list[Sale]) -> Record:
    """The run log's record after workers told of their works."""
    account = Account(folder / "usage.jsonl")
    for sales in works:
        account.add(sales)
    record = Record("scores", None)
    record.add_usage(folder / "usage.jsonl")
    return record


def test_a_request_of_two_workers_counts_once(tmp_path: Path) -> None:
    record = counted(tmp_path, [sale(2, 0, [A, B])], [sale(1, 1, [B, C])])
    assert (record.calls, record.hits) == (3, 0)
    assert record.asked() == {"requests": 3, "tokens_in": 30, "tokens_out": 6}
    assert len(record.keys) == 3 * 32


def test_a_request_of_two_questions_counts_in_each_as_in_one_process(tmp_path: Path) -> None:
    first, again, control = sale(1, 0, [A]), sale(1, 0, [B], again=True), sale(0, 1, [A])
    record = counted(tmp_path, [first, again, control], [sale(0, 1, [A]), sale(0, 1, [A])])
    assert record.asked()["requests"] == 3


def test_what_a_worker_gave_up_is_counted_when_another_gets_it(tmp_path: Path) -> None:
    given_up = sale(0, 0, [A])
    given_up.tokens = {}
    record = counted(tmp_path, [given_up], [sale(1, 0, [A])])
    assert record.asked()["requests"] == 1
    assert orjson.loads((tmp_path / "usage.jsonl").read_bytes().splitlines()[-1])["calls"] == 1
    assert len((tmp_path / KEYS).read_bytes()) == 32


def test_workers_share_what_one_process_may_do() -> None:
    whole = Execution(
        concurrency=64, requests_per_minute=90, failures=20, limits={"judge": Limit(tokens=9000)}, budget="5 EUR",
        cache="sqlite:///answers.sqlite",
    )  # fmt: skip
    part = share(whole, 3)
    assert part.concurrency * 3 <= 64
    assert part.requests_per_minute == 30
    assert part.tokens_per_minute is None
    assert part.limits == {"judge": Limit(tokens=3000)}
    assert part.failures == 7
    assert part.budget == "5 EUR"
    assert part.store == f"sqlite:///{Path.cwd()}/answers.sqlite"
    assert share(whole, 100).concurrency == 1
    assert share(Execution(cache="postgresql+psycopg://me:secret@db/answers"), 2).store.startswith(
        "postgresql+psycopg://me:secret@db/"
    )

"""Answers go from store to store whole: nothing lost, nothing twice, nothing believed that does not prove itself."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import polars as pl
import pytest

from xlforge.cache import Cache, CacheError
from xlforge.cache import transfer as exchange
from xlforge.requests.request import Request
from xlforge.requests.response import Response

HOSTILE = Response("NUL \x00, lone \ud800, </answer>\r\n漢字", "stop\x00\ud800", 7, 9, -0.125)


def asked(number: int) -> Request:
    return Request("openai", "model", "r1", (("user", f"Question {number}?"),), candidate=number % 3)


def fill(url: str, numbers: Iterable[int], words: str = "answer") -> None:
    with Cache(url) as store:
        store.insert([(asked(number), Response(f"{words} {number}", "stop", 5, number, None)) for number in numbers])


def at(folder: Path, name: str) -> str:
    return f"sqlite:///{folder}/{name}.sqlite"


@pytest.mark.parametrize("target", ["answers", "answers.parquet"])
def test_answers_arrive_as_they_were(url: str, tmp_path: Path, target: str) -> None:
    with Cache(at(tmp_path, "one")) as one, Cache(url) as other:
        one.put([(asked(0), HOSTILE), (asked(1), Response("", "length", 0, 0))]).result()
        assert exchange.export(one, tmp_path / target) == 2
        assert exchange.import_(other, tmp_path / target) == exchange.Imported(added=2)
        keys = [asked(0).key, asked(1).key]
        assert other.get_many(keys) == one.get_many(keys)
        assert other.request(keys[0]) == asked(0).canonical
        assert other.models() == {("model", "r1"): 2}
        assert exchange.import_(other, tmp_path / target) == exchange.Imported(known=2)


def test_equal_stores_export_equal_bytes_whatever_the_order_they_were_filled_in(tmp_path: Path) -> None:
    for name, numbers in (("one", range(300)), ("two", range(299, -1, -1))):
        fill(at(tmp_path, name), numbers)
        with Cache(at(tmp_path, name)) as store:
            exchange.export(store, tmp_path / name)
            exchange.export(store, tmp_path / f"{name}.parquet")
    names = [sorted(path.name for path in (tmp_path / name).iterdir()) for name in ("one", "two")]
    assert names[0] == names[1]
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_an_export_adds_what_the_folder_lacks_and_folders_merge_by_copying(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchange, "SHARD", 100)
    fill(at(tmp_path, "one"), range(250))
    with Cache(at(tmp_path, "one")) as store:
        assert exchange.export(store, tmp_path / "shared") == 250
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "shared").iterdir()}
    assert len(before) == 3
    fill(at(tmp_path, "two"), range(200, 320))
    with Cache(at(tmp_path, "two")) as store:
        assert exchange.export(store, tmp_path / "shared") == 70
        assert exchange.export(store, tmp_path / "shared") == 0
    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "shared").iterdir()}
    assert before.items() <= after.items()
    assert len(after) == 4
    with Cache(at(tmp_path, "three")) as store:
        assert exchange.import_(store, tmp_path / "shared") == exchange.Imported(added=320)


def test_an_answer_that_is_here_stays_and_the_difference_is_told(url: str, tmp_path: Path) -> None:
    fill(at(tmp_path, "one"), range(10), words="theirs")
    fill(url, range(5), words="ours")
    with Cache(at(tmp_path, "one")) as one, Cache(url) as other:
        exchange.export(one, tmp_path / "shared")
        assert exchange.import_(other, tmp_path / "shared") == exchange.Imported(added=5, known=5, differing=5)
        assert other.get_many([asked(0).key])[asked(0).key].text == "ours 0"


def test_a_damaged_shard_is_refused(tmp_path: Path) -> None:
    fill(at(tmp_path, "one"), range(10))
    with Cache(at(tmp_path, "one")) as store:
        exchange.export(store, tmp_path / "shared")
        (shard,) = (tmp_path / "shared").iterdir()
        content = bytearray(shard.read_bytes())
        content[len(content) // 3] ^= 1
        shard.write_bytes(content)
        with pytest.raises(CacheError, match="damaged"):
            exchange.import_(store, tmp_path / "shared")


def forged(path: Path, **columns: pl.Expr) -> None:
    table = pl.read_parquet(path).with_columns(**columns).to_arrow().cast(exchange._SCHEMA)
    exchange.pq.write_table(table, path)


@pytest.mark.parametrize(
    ("columns", "told"),
    [
        ({"key": pl.lit("0" * 64)}, "is not the hash of its request"),
        ({"request": pl.lit('{"model": "another"}')}, "is not the hash of its request"),
        ({"words": pl.lit(b"\xff\xfe")}, "is no answer"),
    ],
    ids=["key", "request", "words"],
)
def test_a_row_that_does_not_prove_itself_is_refused(tmp_path: Path, columns: dict[str, pl.Expr], told: str) -> None:
    fill(at(tmp_path, "one"), range(3))
    with Cache(at(tmp_path, "one")) as one, Cache(at(tmp_path, "two")) as two:
        exchange.export(one, tmp_path / "answers.parquet")
        forged(tmp_path / "answers.parquet", **columns)
        with pytest.raises(CacheError, match=told):
            exchange.import_(two, tmp_path / "answers.parquet")
        assert two.models() == {}


@pytest.mark.parametrize("content", [b"", b"PAR1 not really", None], ids=["empty", "broken", "other columns"])
def test_a_file_that_is_no_export_is_told(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "answers.parquet"
    pl.DataFrame({"key": ["a"]}).write_parquet(path)
    if content is not None:
        path.write_bytes(content)
    with Cache(at(tmp_path, "one")) as store, pytest.raises(CacheError, match="xlforge cache export"):
        exchange.import_(store, path)
    (tmp_path / "none").mkdir()
    with Cache(at(tmp_path, "one")) as store, pytest.raises(CacheError, match="holds no"):
        exchange.import_(store, tmp_path / "none")


@pytest.mark.slow
def test_two_stores_of_fifty_thousand_rows_are_merged_within_a_minute(url: str, tmp_path: Path) -> None:
    """Half of the second are the first's too."""
    fill(at(tmp_path, "one"), range(50_000))
    fill(at(tmp_path, "two"), range(25_000, 75_000))
    start = time.monotonic()
    for name in ("one", "two"):
        with Cache(at(tmp_path, name)) as store:
            exchange.export(store, tmp_path / "shared")
    with Cache(url) as merged:
        found = exchange.import_(merged, tmp_path / "shared")
    seconds = time.monotonic() - start
    assert (found.added, found.known) == (75_000, 0)
    with Cache(url) as merged:
        held = merged.get_many(asked(number).key for number in range(75_000))
        assert merged.models() == {("model", "r1"): 75_000}
    assert all(held[asked(number).key].text == f"answer {number}" for number in range(75_000))
    assert seconds < 60, f"{seconds:.0f} s"

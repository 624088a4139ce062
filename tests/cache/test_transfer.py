"""Export and import: nothing is lost, nothing is duplicated, and an import verifies what it reads."""

from __future__ import annotations

import time
from collections.abc import Iterable
from pathlib import Path

import polars as pl
import pyarrow.parquet as pq
import pytest

from xlforge.cache import Cache, CacheError, transfer
from xlforge.requests.request import Request
from xlforge.requests.response import Response

HOSTILE = Response("NUL \x00, lone \ud800, </answer>\r\n漢字", "stop\x00\ud800", 7, 9, -0.125)


def request(number: int) -> Request:
    return Request("openai", "model", "r1", (("user", f"Question {number}?"),), candidate=number % 3)


def fill(url: str, numbers: Iterable[int], text: str = "text") -> None:
    with Cache(url) as cache:
        cache.insert([(request(number), Response(f"{text} {number}", "stop", 5, number, None)) for number in numbers])


def at(folder: Path, name: str) -> str:
    return f"sqlite:///{folder}/{name}.sqlite"


@pytest.mark.parametrize("target", ["responses", "responses.parquet"])
def test_imported_responses_equal_the_exported_ones(url: str, tmp_path: Path, target: str) -> None:
    with Cache(at(tmp_path, "one")) as one, Cache(url) as other:
        one.put([(request(0), HOSTILE), (request(1), Response("", "length", 0, 0))]).result()
        assert transfer.export(one, tmp_path / target) == 2
        assert transfer.import_(other, tmp_path / target) == transfer.Imported(added=2)
        keys = [request(0).key, request(1).key]
        assert other.get_many(keys) == one.get_many(keys)
        assert other.request(keys[0]) == request(0).canonical
        assert other.models() == {("model", "r1"): 2}
        assert transfer.import_(other, tmp_path / target) == transfer.Imported(known=2)


def test_equal_caches_export_equal_bytes_in_whatever_order_they_were_filled(tmp_path: Path) -> None:
    for name, numbers in (("one", range(300)), ("two", range(299, -1, -1))):
        fill(at(tmp_path, name), numbers)
        with Cache(at(tmp_path, name)) as cache:
            transfer.export(cache, tmp_path / name)
            transfer.export(cache, tmp_path / f"{name}.parquet")
    names = [sorted(path.name for path in (tmp_path / name).iterdir()) for name in ("one", "two")]
    assert names[0] == names[1]
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_an_export_adds_what_the_folder_lacks_and_folders_merge_by_copying(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer, "SHARD", 100)
    fill(at(tmp_path, "one"), range(250))
    with Cache(at(tmp_path, "one")) as cache:
        assert transfer.export(cache, tmp_path / "shared") == 250
    before = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "shared").iterdir()}
    assert len(before) == 3
    fill(at(tmp_path, "two"), range(200, 320))
    with Cache(at(tmp_path, "two")) as cache:
        assert transfer.export(cache, tmp_path / "shared") == 70
        assert transfer.export(cache, tmp_path / "shared") == 0
    after = {path.name: path.stat().st_mtime_ns for path in (tmp_path / "shared").iterdir()}
    assert before.items() <= after.items()
    assert len(after) == 4
    with Cache(at(tmp_path, "three")) as cache:
        assert transfer.import_(cache, tmp_path / "shared") == transfer.Imported(added=320)


def as_former(path: Path) -> None:
    """The file as an xlforge before version 0004 of the cache wrote it: texts were in the column `words`, and `served` did not exist."""
    table = pq.read_table(path).drop(["served"])
    pq.write_table(table.rename_columns(["words" if name == "text" else name for name in table.column_names]), path)


def test_a_folder_may_hold_shards_that_an_older_xlforge_wrote(tmp_path: Path) -> None:
    fill(at(tmp_path, "one"), range(10))
    with Cache(at(tmp_path, "one")) as cache:
        transfer.export(cache, tmp_path / "shared" / "old.parquet")
        as_former(tmp_path / "shared" / "old.parquet")
        fill(at(tmp_path, "one"), range(10, 15))
        assert transfer.export(cache, tmp_path / "shared") == 5
    with Cache(at(tmp_path, "two")) as cache:
        assert transfer.import_(cache, tmp_path / "shared") == transfer.Imported(added=15)
        held = cache.get_many(request(number).key for number in range(15))
    assert [held[request(number).key].text for number in range(15)] == [f"text {number}" for number in range(15)]


def test_an_import_does_not_replace_a_response_and_counts_the_differences(url: str, tmp_path: Path) -> None:
    fill(at(tmp_path, "one"), range(10), text="theirs")
    fill(url, range(5), text="ours")
    with Cache(at(tmp_path, "one")) as one, Cache(url) as other:
        transfer.export(one, tmp_path / "shared")
        assert transfer.import_(other, tmp_path / "shared") == transfer.Imported(added=5, known=5, differing=5)
        assert other.get_many([request(0).key])[request(0).key].text == "ours 0"


def test_a_damaged_shard_is_refused(tmp_path: Path) -> None:
    fill(at(tmp_path, "one"), range(10))
    with Cache(at(tmp_path, "one")) as cache:
        transfer.export(cache, tmp_path / "shared")
        (shard,) = (tmp_path / "shared").iterdir()
        content = bytearray(shard.read_bytes())
        content[len(content) // 3] ^= 1
        shard.write_bytes(content)
        with pytest.raises(CacheError, match="damaged"):
            transfer.import_(cache, tmp_path / "shared")


def forge(path: Path, **columns: pl.Expr) -> None:
    table = pl.read_parquet(path).with_columns(**columns).to_arrow().cast(pq.read_schema(path))
    pq.write_table(table, path)


@pytest.mark.parametrize(
    ("columns", "message"),
    [
        ({"key": pl.lit("0" * 64)}, "is not the hash of its request"),
        ({"request": pl.lit('{"model": "another"}')}, "is not the hash of its request"),
        ({"text": pl.lit(b"\xff\xfe")}, "holds an invalid response"),
    ],
    ids=["key", "request", "text"],
)
def test_a_row_that_cannot_be_verified_is_refused(tmp_path: Path, columns: dict[str, pl.Expr], message: str) -> None:
    fill(at(tmp_path, "one"), range(3))
    with Cache(at(tmp_path, "one")) as one, Cache(at(tmp_path, "two")) as two:
        transfer.export(one, tmp_path / "responses.parquet")
        forge(tmp_path / "responses.parquet", **columns)
        with pytest.raises(CacheError, match=message):
            transfer.import_(two, tmp_path / "responses.parquet")
        assert two.models() == {}


@pytest.mark.parametrize("content", [b"", b"PAR1 not really", None], ids=["empty", "broken", "other columns"])
def test_a_file_that_is_not_an_export_is_refused(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "responses.parquet"
    pl.DataFrame({"key": ["a"]}).write_parquet(path)
    if content is not None:
        path.write_bytes(content)
    with Cache(at(tmp_path, "one")) as cache, pytest.raises(CacheError, match="xlforge cache export"):
        transfer.import_(cache, path)
    (tmp_path / "none").mkdir()
    with Cache(at(tmp_path, "one")) as cache, pytest.raises(CacheError, match="holds no"):
        transfer.import_(cache, tmp_path / "none")


@pytest.mark.slow
def test_two_caches_of_fifty_thousand_responses_are_merged_in_less_than_a_minute(url: str, tmp_path: Path) -> None:
    """Half of those in the second are in the first too."""
    fill(at(tmp_path, "one"), range(50_000))
    fill(at(tmp_path, "two"), range(25_000, 75_000))
    start = time.monotonic()
    for name in ("one", "two"):
        with Cache(at(tmp_path, name)) as cache:
            transfer.export(cache, tmp_path / "shared")
    with Cache(url) as merged:
        found = transfer.import_(merged, tmp_path / "shared")
    seconds = time.monotonic() - start
    assert (found.added, found.known) == (75_000, 0)
    with Cache(url) as merged:
        held = merged.get_many(request(number).key for number in range(75_000))
        assert merged.models() == {("model", "r1"): 75_000}
    assert all(held[request(number).key].text == f"text {number}" for number in range(75_000))
    assert seconds < 60, f"{seconds:.0f} s"

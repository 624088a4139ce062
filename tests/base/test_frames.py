"""What a stage delivers is whole: every id once, every value valid, every column there, equal bytes for equal rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandera.polars as pa
import polars as pl
import pytest

from xlforge.base.errors import BuildError
from xlforge.base.files import write_parquet
from xlforge.base.frames import Rejects, frame, partition, split, valid
from xlforge.base.rows import reject, writable


class Rows(pa.DataFrameModel):
    id: str = pa.Field(unique=True)
    text: str = pa.Field(str_length={"min_value": 1})
    note: str = pa.Field(nullable=True)

    class Config:
        strict = True
        ordered = True


def row(name: str, **more: Any) -> dict[str, Any]:
    return {"id": name, "text": "x", "note": None, "reject": None, **more}


def delivered(*ids: str) -> pl.DataFrame:
    return frame([row(one) for one in ids], Rows)


def rejected(*ids: str) -> pl.DataFrame:
    return split([row(one, reject=reject("reason")) for one in ids], Rows, "stage")[1]


def test_rows_and_rejects_are_split_by_the_mark() -> None:
    call = {
        "stage": "s",
        "version": "v1",
        "step": "S",
        "model": "m",
        "served": None,
        "prompt": "p@1",
        "key": "k",
        "fault": "f",
    }
    rows, rejects = split([row("b"), row("a", reject=reject("r", "d", "w"), provenance=[call])], Rows, "s")
    assert rows["id"].to_list() == ["b"]
    assert rejects.drop("provenance").rows() == [("a", "s", "r", "d", "w")]
    assert rejects["provenance"].to_list() == [[call]], "the calls behind a reject are kept"


@pytest.mark.parametrize(
    ("expected", "rows", "rejects"),
    [
        (["a", "b"], ["a"], []),
        (["a"], ["a", "b"], []),
        (["a"], ["a"], ["a"]),
        (["a"], ["a", "a"], []),
        (["a", "a"], ["a"], []),
    ],
    ids=["missing", "unknown", "in both", "twice", "expected twice"],
)
def test_every_id_must_be_there_exactly_once(expected: list[str], rows: list[str], rejects: list[str]) -> None:
    with pytest.raises(BuildError, match="each of"):
        partition(expected, delivered(*rows), rejected(*rejects))


def test_a_true_partition_passes() -> None:
    partition(["c", "a", "b"], delivered("a", "c"), rejected("b"))


def test_a_column_that_was_forgotten_is_an_error_and_not_null() -> None:
    forgotten = row("a")
    del forgotten["note"]
    with pytest.raises(BuildError, match="no column 'note'"):
        frame([row("b"), forgotten], Rows)


def test_every_invalid_value_is_reported_at_once() -> None:
    bad = pl.DataFrame({"id": ["a", "a", "b"], "text": ["", "x", ""], "note": ["n", "n", "n"]})
    with pytest.raises(BuildError) as error:
        valid(bad, Rows, "rows")
    assert "id" in str(error.value)
    assert "text" in str(error.value)


def test_equal_rows_in_another_order_give_equal_bytes(tmp_path: Path) -> None:
    one, two = delivered("a", "b", "c"), delivered("c", "b", "a")
    write_parquet(one, tmp_path / "one.parquet")
    write_parquet(two, tmp_path / "two.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.parquet", "two.parquet"]


@pytest.mark.parametrize(
    "text", ["a\0b", "a\ud800b", "<script>", "\N{PILE OF POO}"], ids=["NUL", "surrogate", "html", "emoji"]
)
def test_hostile_text_is_kept_in_rejects_as_parquet_takes_it(text: str, tmp_path: Path) -> None:
    rejects = split([row("a", reject=reject("r", text, text))], Rows, "s")[1]
    write_parquet(valid(rejects, Rejects, "rejects"), tmp_path / "rejects.parquet")
    assert pl.read_parquet(tmp_path / "rejects.parquet")["raw"].to_list() == [writable(text)]

"""What a stage leaves is whole: every id once, every value valid, nothing half-written, equal bytes for equal rows."""

from __future__ import annotations

from pathlib import Path

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

    class Config:
        strict = True
        ordered = True


def made(*ids: str) -> pl.DataFrame:
    return frame([{"id": one, "text": "x"} for one in ids], Rows)


def refused(*ids: str) -> pl.DataFrame:
    return frame([{"id": one, **reject("stage", "reason")} for one in ids], Rejects)


def test_rows_and_rejects_are_told_apart_by_the_mark() -> None:
    rows, rejects = split(
        [{"id": "b", "text": "x", "reject": None}, {"id": "a", "text": "y", "reject": reject("s", "r", "d", "w")}], Rows
    )
    assert rows.rows() == [("b", "x")]
    assert rejects.rows() == [("a", "s", "r", "d", "w")]


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
def test_ids_must_be_there_exactly_once(expected: list[str], rows: list[str], rejects: list[str]) -> None:
    with pytest.raises(BuildError, match="each of"):
        partition(expected, made(*rows), refused(*rejects))


def test_a_true_partition_passes() -> None:
    partition(["c", "a", "b"], made("a", "c"), refused("b"))


def test_every_broken_value_is_told_at_once() -> None:
    bad = pl.DataFrame({"id": ["a", "a", "b"], "text": ["", "x", ""]})
    with pytest.raises(BuildError) as error:
        valid(bad, Rows, "rows")
    assert "id" in str(error.value)
    assert "text" in str(error.value)


def test_equal_rows_in_another_order_give_equal_bytes(tmp_path: Path) -> None:
    one, two = made("a", "b", "c"), made("c", "b", "a")
    write_parquet(one, tmp_path / "one.parquet")
    write_parquet(two, tmp_path / "two.parquet")
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one.parquet", "two.parquet"]


@pytest.mark.parametrize(
    "text", ["a\0b", "a\ud800b", "<script>", "\N{PILE OF POO}"], ids=["NUL", "surrogate", "html", "emoji"]
)
def test_hostile_words_survive_in_rejects(tmp_path: Path, text: str) -> None:
    rejects = frame([{"id": "a", **reject("s", "r", "", text)}], Rejects)
    write_parquet(rejects, tmp_path / "r.parquet")
    assert pl.read_parquet(tmp_path / "r.parquet")["raw"][0] == writable(text)

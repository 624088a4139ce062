"""Sources of every kind, their broken rows, and the errors that stop a build before it writes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pydantic import ValidationError

from pipelines.seeds.v1.build import build
from pipelines.seeds.v1.schema import Params
from tests.seeds.conftest import PROSE, Run, seeds
from xlforge.base.errors import BuildError


def test_broken_lines_are_rejects_with_their_words(run: Run) -> None:
    made = run(
        [
            *seeds(*PROSE[:2]),
            '{"id": "cut", "text": "no en',
            '["a list"]',
            "",
            {"id": "none", "body": "x"},
            {"id": "null", "text": None},
        ]
    )
    by_detail = dict(zip(made.rejects["raw"], made.rejects["detail"], strict=True))
    assert "not valid JSON" in by_detail['{"id": "cut", "text": "no en']
    assert "a list, not an object" in by_detail['["a list"]']
    assert "no field 'text'; it has id, body" in by_detail['{"id": "none", "body": "x"}']
    assert made.counts["reasons"] == {"unreadable": 3, "empty": 1} and made.counts["source_rows"] == 6


def test_lines_that_are_not_utf8_or_too_deep(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "odd.jsonl"
    rows = [json.dumps(row).encode() for row in seeds(*PROSE[:2])]
    path.write_bytes(b"\xef\xbb\xbf" + rows[0] + b"\r\n\xff\xfe{}\n" + b"[" * 100_000 + b"\n" + rows[1])
    made = run(source={"path": str(path), "id": "id"})
    assert made.kept == {"a0", "a1"} and made.counts["reasons"] == {"unreadable": 2}
    assert "\\xff\\xfe{}" in made.rejects["raw"].to_list()


def test_parquet_file_folder_and_jsonl_agree(run: Run, tmp_path: Path) -> None:
    frame = pl.DataFrame(seeds(*PROSE))
    folder = tmp_path / "shards"
    (folder / "sub").mkdir(parents=True)
    frame.head(5).write_parquet(folder / "one.parquet")
    frame.tail(3).write_parquet(folder / "sub" / "two.parquet")
    frame.write_parquet(tmp_path / "all.parquet")
    expected = run(seeds(*PROSE)).rows.drop("source")
    for path, sources in ((folder, {"one.parquet", "sub/two.parquet"}), (tmp_path / "all.parquet", {"all.parquet"})):
        made = run(source={"kind": "parquet", "path": str(path), "id": "id"})
        assert made.rows.drop("source").equals(expected) and set(made.rows["source"]) == sources


def test_parquet_of_any_text_type(run: Run, tmp_path: Path) -> None:
    for number, kind in enumerate(
        (pa.string(), pa.large_string(), pa.string_view(), pa.dictionary(pa.int32(), pa.string()))
    ):
        path = tmp_path / f"{number}.parquet"
        pq.write_table(pa.table({"text": pa.array([*PROSE, None]).cast(kind)}), path)
        made = run(source={"kind": "parquet", "path": str(path)})
        assert len(made.rows) == len(PROSE) and made.counts["reasons"] == {"empty": 1}


def test_a_folder_of_texts_is_a_passage_a_file(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "texts"
    (folder / "deep").mkdir(parents=True)
    (folder / "one.txt").write_text(PROSE[0])
    (folder / "deep" / "two.txt").write_text(f"{PROSE[1]}\n\n{PROSE[2]}")
    (folder / "latin.txt").write_bytes(b"caf\xe9")
    (folder / "notes.md").write_text(PROSE[3])
    made = run(source={"kind": "text", "path": str(folder)})
    assert made.kept == {"one", "deep_two"} and made.reasons == {"latin": "unreadable"}
    assert run(source={"kind": "text", "path": str(folder / "one.txt")}).kept == {"one"}


def test_a_dataset_is_streamed(run: Run, tmp_path: Path) -> None:
    folder = tmp_path / "hubset"
    folder.mkdir()
    (folder / "data.jsonl").write_text(
        "\n".join(json.dumps({"key": f"k{n}", "body": text}) for n, text in enumerate(PROSE))
    )
    source = {"kind": "hub", "name": str(folder), "split": "train", "text": "body", "id": "key"}
    assert run(source=source).kept == {f"k{n}" for n in range(8)}
    assert run(source=source | {"take": 3}).kept == {"k0", "k1", "k2"}
    with pytest.raises(BuildError, match="hubset:nosuch cannot be read"):
        run(source=source | {"split": "nosuch"})


def test_take_reads_no_more(run: Run) -> None:
    made = run([*seeds(*PROSE), "{broken"], source={"take": 4})
    assert made.counts["source_rows"] == 4 and made.kept == {"a0", "a1", "a2", "a3"}


def _text(path: Path) -> None:
    path.write_text("not parquet at all")


def _numbers(path: Path) -> None:
    pl.DataFrame({"text": [1, 2]}).write_parquet(path)


def _other_columns(path: Path) -> None:
    pl.DataFrame({"body": ["x"]}).write_parquet(path)


def _cut_off(path: Path) -> None:
    pl.DataFrame({"text": list(PROSE)}).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-40])


ERRORS: dict[str, tuple[dict[str, Any], Any, str]] = {
    "no file": ({"kind": "jsonl"}, None, "does not exist"),
    "no parquet": ({"kind": "parquet"}, _text, "cannot be read.*seeds.source.kind"),
    "cut-off parquet": ({"kind": "parquet"}, _cut_off, "cannot be read"),
    "numbers": ({"kind": "parquet"}, _numbers, "none of the first 2 rows.*'text' is a number, not text"),
    "no text column": ({"kind": "parquet"}, _other_columns, "no column 'text'; it has body"),
    "no id column": (
        {"kind": "parquet", "text": "body", "id": "key"},
        _other_columns,
        "seeds.source.id.*no column 'key'",
    ),
    "no passages": ({"kind": "jsonl"}, lambda path: path.write_text("\n\n"), "holds no rows"),
    "no JSONL": ({"kind": "jsonl"}, _text, "none of the first 1 rows.*not valid JSON.*params.yaml"),
    "no such field": ({"kind": "jsonl"}, lambda path: path.write_text('{"body": "x"}'), "no field 'text'; it has body"),
    "empty folder": ({"kind": "text"}, lambda path: path.mkdir(), "holds no .txt file"),
    "unpinned dataset": (
        {"kind": "hub", "name": "nobody/nothing", "path": None},
        None,
        "seeds.source.revision.*give a commit",
    ),
}


@pytest.mark.parametrize("case", ERRORS)
def test_a_source_that_cannot_be_read_writes_nothing(tmp_path: Path, case: str) -> None:
    source, make, message = ERRORS[case]
    path = tmp_path / "source"
    if make:
        make(path)
    params = Params.model_validate({"version": "v1", "source": {"path": str(path)} | source})
    with pytest.raises(BuildError, match=f"(?s){message}"):
        build(params, tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ({"kind": "hub", "path": "x"}, "reads from name: give name"),
        ({"kind": "jsonl"}, "reads from path: give path"),
        ({"kind": "jsonl", "path": "x", "name": "y"}, "set name to null, or kind to hub"),
        ({"kind": "csv", "path": "x"}, "jsonl"),
        ({"path": "x", "colunm": "y"}, "colunm"),
    ],
)
def test_params_that_contradict_themselves(source: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Params.model_validate({"version": "v1", "source": source})

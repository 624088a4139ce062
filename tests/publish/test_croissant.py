"""The Croissant metadata of a publication describes its files and where they come from; `mlcroissant` reads the rows through it."""

from __future__ import annotations

import hashlib
import json
from io import BytesIO
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.project import Project
from tests.publish.benchmarks import STATE, Publish, pocket
from tests.publish.test_dataset import REPO, here
from xlforge.publish import croissant
from xlforge.publish.build import Call, Stage
from xlforge.publish.dataset import publication
from xlforge.publish.hub import read as content_of
from xlforge.publish.licences import Source
from xlforge.publish.rows import Field, Split, assembled
from xlforge.stage.versions import released

__all__ = ["here"]

ROWS: list[dict[str, Any]] = [
    {
        "id": "a",
        "turns": [{"role": "user", "text": "Où est le pont ?"}, {"role": "assistant", "text": "Au nord."}],
        "grades": {"mean": 4.5, "fit": 3},
        "tags": ["bridge", "north"],
        "facts": {"old tower": {"zh-Hans": "钟楼"}, "mayor's dog": {"zh-Hans": "小狗"}},
        "whole": True,
    },
    {"id": "b", "turns": [], "grades": {"mean": None, "fit": 1}, "tags": [], "facts": None, "whole": False},
]
FREE = Source(name="free", licence="cc0-1.0", rows="any", reason="no conditions", terms="https://example.org/terms")
STAGE = Stage("answers", "writes answers", [], "v3", "f" * 16, ["c" * 16], ())
CALL = Call(1, "answers", "v3", "answer", "p" * 16, "maker", "r7")


def split(rows: list[dict[str, Any]], config: str = "plain") -> Split:
    table = pl.from_dicts(rows, infer_schema_length=None)
    table.write_parquet(content := BytesIO())
    return Split(config, "french", table, content.getvalue())


def metadata(found: list[Split]) -> str:
    return croissant.written(
        "someone/x",
        found,
        STATE,
        description="Rows about a town",
        contents={"plain": "the rows", "other": "more rows"},
        fields=[Field("turns[].role", "string", "who speaks"), Field("id", "string", "of the row")],
        licence="cc0-1.0",
        languages=["fr"],
        keywords=["towns"],
        stages=[STAGE],
        calls=[CALL],
        sources=["pages"],
        terms={"pages": FREE, "maker": FREE},
    )


def places(fields: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """All fields with a column, by id."""
    found: dict[str, dict[str, Any]] = {}
    for field in fields:
        found |= places(field["subField"]) if "subField" in field else {field["@id"]: field}
    return found


def read(folder: Path) -> dict[str, list[dict[str, Any]]]:
    """All records as mlcroissant reads them, by record set, with the names of fields for their ids."""
    mlc = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed: `pip install mlcroissant`")
    dataset = mlc.Dataset(folder / "croissant.json")
    assert not dataset.metadata.ctx.issues.errors
    return {each.id: [named(row) for row in dataset.records(each.id)] for each in dataset.metadata.record_sets}


def named(value: Any) -> Any:
    """mlcroissant gives text as bytes."""
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list):
        return [named(each) for each in value]
    return {key.rpartition("/")[2]: named(each) for key, each in value.items()} if isinstance(value, dict) else value


def test_each_file_has_its_digest_and_its_columns() -> None:
    found = [split(ROWS), split(ROWS[:1], "other")]
    made = json.loads(metadata(found))
    assert {each["contentUrl"]: each["sha256"] for each in made["distribution"]} == {
        each.place: hashlib.sha256(content_of(each.content)).hexdigest() for each in found
    }
    assert [each["@id"] for each in made["recordSet"]] == ["plain/french", "other/french"]
    fields = places(made["recordSet"][0]["field"])
    kinds = {name.removeprefix("plain/french/"): field["dataType"] for name, field in fields.items()}
    assert kinds["turns/role"] == kinds["tags"] == "sc:Text" and kinds["whole"] == "sc:Boolean"
    assert (kinds["grades/mean"], kinds["grades/fit"]) == ("sc:Float", "sc:Integer")
    role = fields["plain/french/turns/role"]
    assert role["description"] == "who speaks" and role["source"]["transform"] == {"jsonPath": "$['role']"}
    assert made["recordSet"][0]["field"][1]["repeated"] and "2 rows" in made["recordSet"][0]["description"]
    assert len({name.casefold() for name in fields}) == len(fields) and not any(" " in name for name in fields)


def test_the_provenance_names_source_stage_models_and_commit() -> None:
    made = json.loads(metadata([split(ROWS)]))
    assert made["prov:wasDerivedFrom"][0]["name"] == "pages" and made["license"] == "cc0-1.0"
    (stage,) = made["prov:wasGeneratedBy"]
    (agent,) = stage["prov:wasAssociatedWith"]
    assert (agent["name"], agent["version"], agent["license"]) == ("maker", "r7", "cc0-1.0")
    whole, own = ({each["propertyID"]: each["value"] for each in what["identifier"]} for what in (made, stage))
    assert whole == {"git commit": STATE.commit, "dvc.lock": STATE.lock}
    assert own == {"version": "v3", "pipeline": "f" * 16, "code": "c" * 16}
    assert made["version"] == f"3.0.0+{STATE.lock[:12]}" and "dateCreated" not in made


def test_mlcroissant_reads_nested_rows(tmp_path: Path) -> None:
    found = [split(ROWS)]
    assembled("someone/x", found, {"croissant.json": metadata(found)}, ()).write(tmp_path)
    first, second = read(tmp_path)["plain/french"]
    assert first["id"] == "a" and first["turns"] == ROWS[0]["turns"] and first["grades"] == ROWS[0]["grades"]
    assert first["tags"] == ["bridge", "north"] and first["whole"] is True and second["whole"] is False
    assert second["grades"] == {"mean": None, "fit": 1} and second["turns"] == []
    assert "小狗" in json.dumps(first, ensure_ascii=False) and "钟楼" in json.dumps(first, ensure_ascii=False)


def test_mlcroissant_refuses_a_file_that_changed(tmp_path: Path) -> None:
    found = [split(ROWS)]
    assembled("someone/x", found, {"croissant.json": metadata(found)}, ()).write(tmp_path)
    (tmp_path / found[0].place).write_bytes(content_of(split(ROWS[:1]).content))
    with pytest.raises(Exception, match="operation Download"):
        read(tmp_path)


def test_a_benchmark_has_metadata_that_mlcroissant_reads(publish: Publish) -> None:
    made = publish(pocket())
    records = read(made.folder)
    loaded = made.load()
    assert records.keys() == {f"{config}/{name}" for config, splits in loaded.items() for name in splits}
    for place, rows in records.items():
        config, name = place.split("/")
        assert [row["instruction"] for row in rows] == loaded[config][name]["instruction"].to_list()
    stages = json.loads((made.folder / "croissant.json").read_text())["prov:wasGeneratedBy"]
    assert stages[-1]["identifier"][1]["value"] == released()["benchmark/v1"]


def test_a_dataset_has_metadata_of_its_build(here: Project, tmp_path: Path) -> None:
    made, _ = publication(REPO)
    made.write(tmp_path / "out")
    metadata = json.loads((tmp_path / "out" / "croissant.json").read_text())
    lock = here.git("log", "-1", "--format=%H", "--", "dvc.lock").strip()
    assert metadata["dateCreated"] == here.git("show", "-s", "--format=%cs", lock).strip()
    assert metadata["inLanguage"] == ["en", "de"] and metadata["license"] == "cc-by-sa-4.0"
    called = {each["name"]: each["prov:wasAssociatedWith"] for each in metadata["prov:wasGeneratedBy"]}
    judge = here.read("scores")["provenance"][0][-1]["model"].split("@")
    assert [(each["name"], each["version"]) for each in called["scores"]] == [tuple(judge)] and not called["dataset"]
    for each in metadata["recordSet"]:
        assert all(field.get("description") for field in each["field"])
    for place, rows in read(tmp_path / "out").items():
        table = pl.read_parquet(tmp_path / "out" / f"{place}.parquet")
        assert [row["id"] for row in rows] == table["id"].to_list()
        for side in {"completion", "chosen", "rejected"} & set(table.columns):
            assert [row[side] for row in rows] == table[side].to_list()

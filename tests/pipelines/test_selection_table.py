"""The table of candidates has the columns of its version's schema, whatever became of a candidate."""

from __future__ import annotations

import importlib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import polars as pl
import pytest

from stages import selection
from xlforge.base.provenance import PROVENANCE
from xlforge.base.rows import Row, reject

GIVEN = {
    "answer_id": "a",
    "language": "de",
    "translator": "one",
    "response": "Yes.",
    "translation": "Ja.",
    "provenance": [],
}
SCORES = {"round_trip": 0.5, "likelihood": None, "comet": None, "quality": 0.5, "back_translation": "Yes."}


def rows(version: str) -> list[Row]:
    """A chosen candidate, one with a problem, and one whose way back got no usable response."""
    scores = SCORES | ({"embedding": 0.25} if version == "v2" else {})
    each = [{**GIVEN, "id": f"a/de/{number}", "candidate": number, "reject": None} for number in range(3)]
    good = each[0] | scores | {"language_share": 1.0, "problems": [], "chosen": True}
    bad = each[1] | dict.fromkeys(scores) | {"language_share": 0.5, "problems": ["copied: all"], "chosen": False}
    lost = each[2] | {"language_share": 1.0, "problems": [], "chosen": False, "reject": reject("cut_off", "", "Ye")}
    return [good, bad, lost]


@pytest.mark.parametrize("version", ["v1", "v2"])
def test_the_table_has_the_columns_of_its_version(version: str, tmp_path: Path) -> None:
    delivered: dict[str, Any] = {}
    stage = SimpleNamespace(
        item="de",
        out=tmp_path,
        params=SimpleNamespace(min_quality=0.3),
        schema=importlib.import_module(f"pipelines.selection.{version}.schema"),
        rows=lambda *_: pl.DataFrame({"answer_id": ["a"]}),
        run=lambda _: rows(version),
        module=lambda name: importlib.import_module(f"pipelines.selection.{version}.{name}"),
        deliver=lambda made, **more: delivered.update(more, rows=made),
    )
    selection.work(stage)  # type: ignore[arg-type]
    table = pl.read_parquet(tmp_path / "candidates.parquet")
    assert table.columns == list(stage.schema.Candidates.to_schema().columns)
    assert ("embedding" in table.columns) == (version == "v2")
    assert table["problems"].to_list() == [[], ["copied: all"], ["cut_off"]]
    assert table["chosen"].to_list() == [True, False, False]
    assert table["provenance"].dtype == PROVENANCE
    (row,) = delivered["rows"]
    assert (row["id"], row["quality"], row.get("embedding")) == ("a/de", 0.5, 0.25 if version == "v2" else None)

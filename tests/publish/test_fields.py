"""Every published field has a type and a description, which come from the file and from the schema."""

from __future__ import annotations

import polars as pl
import pytest

from pipelines.dataset.v3.configs import ADDED, configs
from pipelines.dataset.v3.schema import Pairs, Rows
from xlforge.publish.rows import fields


def test_every_field_of_the_datasets_configs_has_a_description() -> None:
    rows = pl.DataFrame(schema={name: column.dtype.type for name, column in Rows.to_schema().columns.items()})
    tables = configs(rows, pl.DataFrame(schema={"id": pl.String, "reasons": pl.List(pl.String)}))
    found = {field.name: field for table in tables.values() for field in fields(table.schema, Rows, ADDED)}
    assert {
        "id",
        "prompt[].content",
        "qe.candidate",
        "qe.embedding",
        "provenance[].key",
        "reasons",
        "scores.mean",
    } <= found.keys()
    pairs = pl.Schema({name: column.dtype.type for name, column in Pairs.to_schema().columns.items()})
    found |= {field.name: field for field in fields(pairs, Pairs, {})}
    assert {"chosen[].content", "rejected[].role", "kind", "problems"} <= found.keys()
    assert all(field.description for field in found.values())
    assert found["instruction"].description == Rows.to_schema().columns["instruction"].description
    types = [found[name].type for name in ("prompt", "prompt[].role", "qe.fit", "reasons")]
    assert types == ["list of struct", "string", "int64", "list of string"]


@pytest.mark.parametrize("column", ["shoe_size", "qe"])
def test_a_field_without_a_description_stops_the_card(column: str) -> None:
    schema = pl.Schema({column: pl.Struct({"laces": pl.Int64})})
    with pytest.raises(KeyError, match=r"shoe_size|qe\.laces"):
        fields(schema, Rows, {})

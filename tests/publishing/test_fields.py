"""Every published field has a type and a meaning, and the meaning is the model's own where its docstring tells one."""

from __future__ import annotations

import pandera.polars as pa
import polars as pl
import pytest

from pipelines.dataset.v1.configs import configs
from pipelines.dataset.v1.schema import Rows
from xlforge.publish.fields import fields, told


def test_every_field_of_the_datasets_configs_has_a_meaning() -> None:
    rows = pl.DataFrame(schema={name: column.dtype.type for name, column in Rows.to_schema().columns.items()})
    tables = configs(rows, pl.DataFrame(schema={"id": pl.String, "reasons": pl.List(pl.String)}))
    found = {field.name: field for table in tables.values() for field in fields(table.schema, Rows)}
    assert {"id", "prompt[].content", "qe.candidate", "provenance[].model", "reasons", "scores.mean"} <= found.keys()
    assert all(field.meaning for field in found.values())
    assert found["instruction"].meaning == "in English, without the request for the language"
    assert found["prompt"].meaning == found["completion"].meaning
    assert (found["prompt"].kind, found["qe.fit"].kind, found["reasons"].kind) == (
        "list of struct",
        "int64",
        "list of string",
    )


def test_a_docstring_is_read_by_its_columns_alone() -> None:
    class Model(pa.DataFrameModel):
        """One thing. id, name: what it is called; note: not a column. size: in metres. It ends: here."""

        id: str
        name: str
        size: int

    assert told(Model, ["id", "name", "size"]) == {
        "id": "what it is called; note: not a column",
        "name": "what it is called; note: not a column",
        "size": "in metres. It ends: here",
    }


def test_a_field_that_nobody_explained_stops_the_card() -> None:
    with pytest.raises(KeyError, match="shoe_size"):
        fields(pl.Schema({"shoe_size": pl.Int64}), Rows)

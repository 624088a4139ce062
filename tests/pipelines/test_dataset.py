"""The stage `dataset`: the estimates of each version of `selection` reach every config."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from pipelines.dataset.v1 import configs as first_configs
from pipelines.dataset.v1 import schema as first
from pipelines.dataset.v2 import configs as second_configs
from pipelines.dataset.v2 import schema as second
from stages.dataset import GRADES, english, translated
from xlforge.base.provenance import PROVENANCE

ESTIMATES = {"quality": 0.9, "round_trip": 0.8, "likelihood": None, "comet": None, "candidate": 1, "fit": 2}


def tables(known: dict[str, Any]) -> tuple[pl.DataFrame, pl.DataFrame]:
    """A graded pair, and its chosen German translation with these estimates."""
    pair = {"id": "one", "instruction": "What is it?", "response": "A well.", "reasons": ["clear"], "provenance": []}
    scores = pl.DataFrame([pair | dict.fromkeys(GRADES, 5)], schema_overrides={"provenance": PROVENANCE})
    row = {"id": "one/de", "answer_id": "one", "language": "de", "translation": "Ein Brunnen.", "first": "Brunnen."}
    chosen = [row | {"first_quality": 0.7, "provenance": []} | known]
    return scores, pl.DataFrame(chosen, schema_overrides={"provenance": PROVENANCE, "comet": pl.Float64})


@pytest.mark.parametrize(
    ("schema", "layout", "known", "expected"),
    [
        (second, second_configs, {"embedding": 0.6}, {"embedding": 0.6}),
        (second, second_configs, {}, {"embedding": None}),
        (first, first_configs, {"embedding": 0.6}, {}),
    ],
    ids=["selection v2", "selection v1", "dataset v1"],
)
def test_the_estimates_of_selection_reach_the_configs(
    schema: Any, layout: Any, known: dict[str, Any], expected: dict[str, Any]
) -> None:
    scores, chosen = tables(ESTIMATES | known)
    pairs = english(scores, schema.QE)
    rows = pl.concat([pairs, translated(chosen, pairs, schema.QE)])
    rows = rows.with_columns(prompt=pl.lit([], schema.Rows.to_schema().columns["prompt"].dtype.type), completion=None)
    completion = pl.lit([], schema.Rows.to_schema().columns["completion"].dtype.type)
    found = layout.configs(rows.with_columns(completion=completion), scores)
    (best,) = found["bestof3"].filter(language="de")["qe"].to_list()
    (default,) = found["default"].filter(language="de")["qe"].to_list()
    assert best == ESTIMATES | expected
    unknown = dict.fromkeys(("round_trip", *expected))
    assert default == ESTIMATES | unknown | {"quality": 0.7, "candidate": 0}
    assert found["default"]["qe"].dtype == found["bestof3"]["qe"].dtype == schema.QE
    assert found["default"].filter(language="en")["qe"].to_list() == [None]

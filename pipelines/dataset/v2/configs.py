"""The configs of v1, with the estimate `embedding`; that of a first candidate is not known."""

from __future__ import annotations

import polars as pl

from pipelines.dataset.v1 import configs as v1
from pipelines.dataset.v1.configs import ADDED, CONFIGS, INTERNAL, write_configs
from pipelines.dataset.v2.schema import QE

__all__ = ["ADDED", "CONFIGS", "INTERNAL", "configs", "write_configs"]


def configs(rows: pl.DataFrame, scored: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """The rows of each config. scored: the English pairs with `reasons`, by seed id."""
    found = v1.configs(rows, scored)
    qe = pl.col("qe")
    fields = [
        pl.lit(None, field.dtype).alias(field.name) if field.name == "embedding" else qe.struct.field(field.name)
        for field in QE.fields
    ]
    return found | {"default": found["default"].with_columns(qe=pl.when(qe.is_not_null()).then(pl.struct(fields)))}

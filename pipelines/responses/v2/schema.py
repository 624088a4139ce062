"""responses v2: the block of v1; its rows also name what was stripped from the responses."""

from __future__ import annotations

from typing import Annotated

import pandera.polars as pa
import polars as pl

from pipelines.responses.v1.schema import Params
from xlforge.base.frames import Table
from xlforge.base.provenance import PROVENANCE

__all__ = ["Params", "Rows"]


class Rows(Table):
    """A question and a good English answer to it, with the passage that both are from.

    stripped: what was removed around the answer and, with `rounds`, around the rewritten questions, by name.
    """

    id: str = pa.Field(unique=True)
    passage: str = pa.Field(str_length={"min_value": 1})
    instruction: str = pa.Field(str_length={"min_value": 1})
    response: str = pa.Field(str_length={"min_value": 1})
    stripped: Annotated[pl.List, pl.String]
    provenance: Annotated[pl.List, PROVENANCE.inner]

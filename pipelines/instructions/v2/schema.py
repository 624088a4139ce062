"""instructions v2: the block of v1; its rows also hold the answer that the source gives, and name what was stripped from the response."""

from __future__ import annotations

from typing import Annotated

import pandera.polars as pa
import polars as pl

from pipelines.instructions.v1.schema import Params
from xlforge.base.frames import Table
from xlforge.base.provenance import PROVENANCE

__all__ = ["Params", "Rows"]


class Rows(Table):
    """A passage and the question that it answers; a question that the source gives has no call in its provenance.

    response: the answer that the source gives, or null. stripped: what was removed around the question, by name, from outside in.
    """

    id: str = pa.Field(unique=True)
    passage: str = pa.Field(str_length={"min_value": 1})
    instruction: str = pa.Field(str_length={"min_value": 1})
    response: str = pa.Field(nullable=True, str_length={"min_value": 1})
    stripped: Annotated[pl.List, pl.String]
    provenance: Annotated[pl.List, PROVENANCE.inner]

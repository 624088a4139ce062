"""instructions v1: what its block of params.yaml may say, and what one row is."""

from __future__ import annotations

from typing import Annotated

import pandera.polars as pa
import polars as pl
from pydantic import Field

from xlforge.core.params import Block, Sampling
from xlforge.core.provenance import PROVENANCE


class Params(Block):
    """sampling: of the question. tries: how often an unreadable answer is asked for. rejects: the greatest share set aside."""

    version: str
    sampling: Sampling
    tries: int = Field(3, ge=1)
    rejects: float = Field(0.2, ge=0, le=1)


class Rows(pa.DataFrameModel):
    """A passage and the question that it answers."""

    id: str = pa.Field(unique=True)
    passage: str = pa.Field(str_length={"min_value": 1})
    instruction: str = pa.Field(str_length={"min_value": 1})
    provenance: Annotated[pl.List, PROVENANCE.inner]

    class Config:
        strict = True
        ordered = True

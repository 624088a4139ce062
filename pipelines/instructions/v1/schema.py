"""instructions v1: what its block of params.yaml may say, and what one row is."""

from __future__ import annotations

from typing import Annotated

import pandera.polars as pa
import polars as pl
from pydantic import Field

from xlforge.base.provenance import PROVENANCE
from xlforge.config.models import Sampling
from xlforge.config.params import Block


class Params(Block):
    """sampling: of the question. tries: how often an unreadable answer is asked for. max_reject_rate: the greatest share set aside."""

    version: str
    sampling: Sampling
    tries: int = Field(3, ge=1)
    max_reject_rate: float = Field(0.2, ge=0, le=1)


class Rows(pa.DataFrameModel):
    """A passage and the question that it answers."""

    id: str = pa.Field(unique=True)
    passage: str = pa.Field(str_length={"min_value": 1})
    instruction: str = pa.Field(str_length={"min_value": 1})
    provenance: Annotated[pl.List, PROVENANCE.inner]

    class Config:
        strict = True
        ordered = True

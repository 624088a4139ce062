"""instructions v1: its block of params.yaml, and its rows."""

from __future__ import annotations

from typing import Annotated

import pandera.polars as pa
import polars as pl
from pydantic import Field

from xlforge.base.frames import Table
from xlforge.base.provenance import PROVENANCE
from xlforge.config.models import Sampling
from xlforge.config.params import Block


class Params(Block):
    """tries: how often a question is sampled before its row is rejected. max_reject_rate: the maximum share of rejected rows."""

    version: str
    sampling: Sampling
    tries: int = Field(3, ge=1)
    max_reject_rate: float = Field(0.2, ge=0, le=1)


class Rows(Table):
    """A passage and the question that it answers."""

    id: str = pa.Field(unique=True)
    passage: str = pa.Field(str_length={"min_value": 1})
    instruction: str = pa.Field(str_length={"min_value": 1})
    provenance: Annotated[pl.List, PROVENANCE.inner]

"""responses v1: its block of params.yaml, and its rows."""

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
    """rounds: how often, after the first answer, the question is rewritten from the answer and the answer from the question."""

    version: str
    sampling: Sampling
    rounds: int = Field(0, ge=0, le=5)
    tries: int = Field(3, ge=1)
    max_reject_rate: float = Field(0.2, ge=0, le=1)


class Rows(Table):
    """A question and a good English answer to it, with the passage that both are from."""

    id: str = pa.Field(unique=True)
    passage: str = pa.Field(str_length={"min_value": 1})
    instruction: str = pa.Field(str_length={"min_value": 1})
    response: str = pa.Field(str_length={"min_value": 1})
    provenance: Annotated[pl.List, PROVENANCE.inner]

"""scores v1: its block of params.yaml, and its rows."""

from __future__ import annotations

from typing import Annotated

import pandera.polars as pa
import polars as pl
from pydantic import Field

from xlforge.base.frames import Table
from xlforge.base.provenance import PROVENANCE
from xlforge.config.models import Sampling
from xlforge.config.params import Block


class Threshold(Block):
    """The lowest accepted grade, and the lowest accepted mean of a pair's grades."""

    min_grade: int = Field(3, ge=1, le=5)
    min_mean: float = Field(4.0, ge=1, le=5)


class Params(Block):
    """threshold: a change of it needs no new grades. tries: how often a pair is graded before it is rejected."""

    version: str
    sampling: Sampling
    threshold: Threshold = Threshold()
    tries: int = Field(3, ge=1)
    max_reject_rate: float = Field(0.6, ge=0, le=1)


class Rows(Table):
    """A graded English pair. Grades are 1 to 5; mean is the mean of the four; reasons has one reason for each, in the same order."""

    id: str = pa.Field(unique=True)
    passage: str
    instruction: str = pa.Field(str_length={"min_value": 1})
    response: str = pa.Field(str_length={"min_value": 1})
    precision: int = pa.Field(ge=1, le=5)
    informativeness: int = pa.Field(ge=1, le=5)
    naturalness: int = pa.Field(ge=1, le=5)
    objectivity: int = pa.Field(ge=1, le=5)
    mean: float = pa.Field(ge=1, le=5)
    reasons: Annotated[pl.List, pl.String]
    provenance: Annotated[pl.List, PROVENANCE.inner]

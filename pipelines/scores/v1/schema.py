"""scores v1: what its block of params.yaml may say, the grades, and what one row is."""

from __future__ import annotations

from typing import Annotated

import pandera.polars as pa
import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from xlforge.base.provenance import PROVENANCE
from xlforge.config.models import Sampling
from xlforge.config.params import Block

DIMENSIONS = ("precision", "informativeness", "naturalness", "objectivity")


class Grade(BaseModel):
    """One dimension's grade, and the judge's reason for it, given first."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1)
    grade: int = Field(strict=True, ge=1, le=5)


class Grades(BaseModel):
    """What the judge says of one pair, as JSON."""

    model_config = ConfigDict(extra="forbid")

    precision: Grade
    informativeness: Grade
    naturalness: Grade
    objectivity: Grade


class Bar(Block):
    """A pair is kept if its lowest grade is at least `least` and its mean at least `mean`."""

    least: int = Field(3, ge=1, le=5)
    mean: float = Field(4.0, ge=1, le=5)


class Params(Block):
    """bar: what is kept. Moving it asks the judge nothing."""

    version: str
    sampling: Sampling
    bar: Bar = Bar()
    tries: int = Field(3, ge=1)
    max_reject_rate: float = Field(0.6, ge=0, le=1)


class Rows(pa.DataFrameModel):
    """An English pair that passed the bar. Grades are 1 to 5; mean is theirs; reasons are in the order of DIMENSIONS."""

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

    class Config:
        strict = True
        ordered = True

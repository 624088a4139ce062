"""selection v1: what its block of params.yaml may say, and what its rows and its candidate table hold."""

from __future__ import annotations

from typing import Annotated

import pandera.polars as pa
import polars as pl
from pydantic import Field

from xlforge.base.provenance import PROVENANCE
from xlforge.checks.integrity import Bars
from xlforge.config.models import Sampling
from xlforge.config.params import Block


class Weights(Block):
    """What each quality estimate counts in the combined one; 0 leaves an estimate out (and buys nothing for it)."""

    round_trip: float = Field(1.0, ge=0)
    likelihood: float = Field(0.0, ge=0)
    comet: float = Field(0.0, ge=0)


class Params(Block):
    """What is checked, and what the estimate counts.

    least_language: share of the text identified as the language. bars: of the integrity checks. least_quality: of the best
    candidate's estimate, 0 to 1. comet: the estimation model (`Unbabel/wmt22-cometkiwi-da`), needed when its weight is over 0.
    """

    version: str
    least_language: float = Field(0.8, ge=0, le=1)
    least_quality: float = Field(0.3, ge=0, le=1)
    bars: Bars = Bars()
    weights: Weights = Weights()
    sampling: Sampling
    comet: str | None = None
    tries: int = Field(2, ge=1)
    max_reject_rate: float = Field(0.5, ge=0, le=1)


class Candidates(pa.DataFrameModel):
    """Every candidate with every score. Estimates are 0 to 1, higher is better; null where one was not made."""

    id: str = pa.Field(unique=True)
    answer_id: str
    language: str
    candidate: int = pa.Field(ge=0)
    translator: str
    response: str
    translation: str
    back_translation: str = pa.Field(nullable=True)
    language_share: float = pa.Field(ge=0, le=1)
    problems: Annotated[pl.List, pl.String]
    round_trip: float = pa.Field(nullable=True, ge=0, le=1)
    likelihood: float = pa.Field(nullable=True, ge=0, le=1)
    comet: float = pa.Field(nullable=True)
    quality: float = pa.Field(nullable=True, ge=0, le=1)
    chosen: bool

    class Config:
        strict = True
        ordered = True


class Rows(pa.DataFrameModel):
    """The chosen translation of one answer. first: candidate 0's text, null if that one did not pass the checks."""

    id: str = pa.Field(unique=True)
    answer_id: str
    language: str
    translation: str = pa.Field(str_length={"min_value": 1})
    candidate: int = pa.Field(ge=0)
    fit: int = pa.Field(ge=1, description="candidates that passed the checks")
    language_share: float = pa.Field(ge=0, le=1)
    round_trip: float = pa.Field(nullable=True, ge=0, le=1)
    likelihood: float = pa.Field(nullable=True, ge=0, le=1)
    comet: float = pa.Field(nullable=True)
    quality: float = pa.Field(ge=0, le=1)
    first: str = pa.Field(nullable=True)
    first_quality: float = pa.Field(nullable=True, ge=0, le=1)
    provenance: Annotated[pl.List, PROVENANCE.inner]

    class Config:
        strict = True
        ordered = True

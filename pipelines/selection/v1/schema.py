"""selection v1: its block of params.yaml, its rows and its table of candidates."""

from __future__ import annotations

from typing import Annotated

import pandera.polars as pa
import polars as pl
from pydantic import Field

from xlforge.base.frames import Table
from xlforge.base.provenance import PROVENANCE
from xlforge.checks.integrity import Thresholds
from xlforge.config.models import Sampling
from xlforge.config.params import Block


class Weights(Block):
    """The weight of each quality estimate in the combined one; an estimate with weight 0 is not computed."""

    round_trip: float = Field(1.0, ge=0)
    likelihood: float = Field(0.0, ge=0)
    comet: float = Field(0.0, ge=0)


class Params(Block):
    """The checks, and the quality estimate.

    Args:
        min_language_share: of a candidate's text, identified as the language.
        min_quality: of the best candidate's estimate, 0 to 1.
        thresholds: of the integrity checks.
        comet: the estimation model (`Unbabel/wmt22-cometkiwi-da`), needed when its weight is over 0.
        tries: how often a translation back into English is sampled before the candidate is rejected.
    """

    version: str
    min_language_share: float = Field(0.8, ge=0, le=1)
    min_quality: float = Field(0.3, ge=0, le=1)
    thresholds: Thresholds = Thresholds()
    weights: Weights = Weights()
    sampling: Sampling
    comet: str | None = None
    tries: int = Field(2, ge=1)
    max_reject_rate: float = Field(0.5, ge=0, le=1)


class Candidates(Table):
    """Every candidate with every score. Estimates are 0 to 1, higher is better; null where one was not computed.

    provenance: of the translation, then of its estimates.
    """

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
    provenance: Annotated[pl.List, PROVENANCE.inner]


class Rows(Table):
    """The chosen translation of one answer. first: the text of candidate 0, null if it did not pass the checks."""

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

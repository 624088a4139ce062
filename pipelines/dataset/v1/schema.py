"""dataset v1: what its block of params.yaml may say, and what one training example is."""

from __future__ import annotations

from typing import Annotated

import pandera.polars as pa
import polars as pl
from pydantic import Field

from xlforge.base.provenance import PROVENANCE
from xlforge.config.params import Block

MESSAGES = pl.List(pl.Struct({"role": pl.String, "content": pl.String}))
SCORES = pl.Struct(
    {
        "precision": pl.Int64,
        "informativeness": pl.Int64,
        "naturalness": pl.Int64,
        "objectivity": pl.Int64,
        "mean": pl.Float64,
    }
)
QE = pl.Struct(
    {
        "quality": pl.Float64,
        "round_trip": pl.Float64,
        "likelihood": pl.Float64,
        "comet": pl.Float64,
        "candidate": pl.Int64,
        "fit": pl.Int64,
    }
)


class Params(Block):
    """max_reject_rate: the greatest share of examples that may be duplicates."""

    version: str
    max_reject_rate: float = Field(0.3, ge=0, le=1)


class Rows(pa.DataFrameModel):
    """One training example.

    id: seed id / language. instruction: in English, without the request for the language. prompt, completion: conversational, as TRL
    takes them; the prompt holds the request. scores: of the English pair, 1 to 5. qe: the quality estimate of the chosen translation
    and which candidate it is, null in English. first: the first candidate, for config `default`; null if it did not pass the checks.
    """

    id: str = pa.Field(unique=True)
    seed_id: str
    language: str
    instruction: str = pa.Field(str_length={"min_value": 1})
    prompt: Annotated[pl.List, MESSAGES.inner]
    completion: Annotated[pl.List, MESSAGES.inner]
    first: str = pa.Field(nullable=True)
    first_quality: float = pa.Field(nullable=True)
    scores: Annotated[pl.Struct, SCORES.fields]
    qe: Annotated[pl.Struct, QE.fields] = pa.Field(nullable=True)
    provenance: Annotated[pl.List, PROVENANCE.inner]

    class Config:
        strict = True
        ordered = True

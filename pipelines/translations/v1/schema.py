"""translations v1: its block of params.yaml, and its rows."""

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
    """candidates: translations of each answer. models: names under `translators`; candidate i of n models is by model i mod n."""

    version: str
    candidates: int = Field(3, ge=1, le=16)
    models: tuple[str, ...] = Field(min_length=1)
    sampling: Sampling
    tries: int = Field(2, ge=1)
    max_reject_rate: float = Field(0.5, ge=0, le=1)


class Rows(Table):
    """One candidate translation of one answer.

    id: answer id / language / candidate. logprob: the mean log-probability of its tokens, in nats; null where the engine gives none.
    """

    id: str = pa.Field(unique=True)
    answer_id: str
    language: str
    candidate: int = pa.Field(ge=0)
    translator: str
    response: str = pa.Field(str_length={"min_value": 1})
    translation: str = pa.Field(str_length={"min_value": 1})
    logprob: float = pa.Field(nullable=True, le=0)
    provenance: Annotated[pl.List, PROVENANCE.inner]

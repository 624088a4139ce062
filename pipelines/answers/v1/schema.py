"""answers v1: what its block of params.yaml may say, and what one row is."""

from __future__ import annotations

from typing import Annotated

import pandera.polars as pa
import polars as pl
from pydantic import Field

from xlforge.base.provenance import PROVENANCE
from xlforge.config.models import Sampling
from xlforge.config.params import Block


class Params(Block):
    """sampling: of every model alike; max_tokens cuts an answer, which is then judged as far as it goes."""

    version: str
    sampling: Sampling
    max_reject_rate: float = Field(0.1, ge=0, le=1)


class Rows(pa.DataFrameModel):
    """What one model answered to one benchmark prompt.

    id, prompt_id, set, language: the benchmark row's. answer: as the model gave it, without blanks around it; empty where it said nothing,
    which counts against it. model: its name under `models`. finish: why it ended (`stop`, `length`, `file`…).
    """

    id: str = pa.Field(unique=True)
    prompt_id: str
    set: str
    language: str
    answer: str
    model: str
    finish: str
    provenance: Annotated[pl.List, PROVENANCE.inner]

    class Config:
        strict = True
        ordered = True

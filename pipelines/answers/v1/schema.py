"""answers v1: its block of params.yaml, and its rows."""

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
    """sampling: the same for every model; an answer that is cut at max_tokens is judged as it is."""

    version: str
    sampling: Sampling
    max_reject_rate: float = Field(0.1, ge=0, le=1)


class Rows(Table):
    """One model's answer to one benchmark prompt.

    id, prompt_id, set, language: of the benchmark row. answer: the model's text, stripped; an empty one stays an answer. model: its name
    under `models`. finish: why the answer ended (`stop`, `length`, `file`…).
    """

    id: str = pa.Field(unique=True)
    prompt_id: str
    set: str
    language: str
    answer: str
    model: str
    finish: str
    provenance: Annotated[pl.List, PROVENANCE.inner]

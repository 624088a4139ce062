"""translations v2: the block of v1; its rows also name what was stripped from the response."""

from __future__ import annotations

from typing import Annotated

import pandera.polars as pa
import polars as pl

from pipelines.translations.v1.schema import Params as ParamsV1
from xlforge.base.frames import Table
from xlforge.base.provenance import PROVENANCE

__all__ = ["Params", "Rows"]


class Params(ParamsV1):
    """logprobs: whether log-probabilities are requested, which `selection.weights.likelihood` reads."""

    logprobs: bool = False


class Rows(Table):
    """One candidate translation of one answer.

    id: answer id / language / candidate. stripped: what was removed around the translation, by name, from outside in. logprob: the mean
    log-probability of its tokens, in nats; null where the engine gives none.
    """

    id: str = pa.Field(unique=True)
    answer_id: str
    language: str
    candidate: int = pa.Field(ge=0)
    translator: str
    response: str = pa.Field(str_length={"min_value": 1})
    translation: str = pa.Field(str_length={"min_value": 1})
    stripped: Annotated[pl.List, pl.String]
    logprob: float = pa.Field(nullable=True, le=0)
    provenance: Annotated[pl.List, PROVENANCE.inner]

"""dataset v3: the rows of v2, and the pairs of the config `preferences`."""

from __future__ import annotations

from typing import Annotated, Any

import pandera.polars as pa
import polars as pl
from pydantic import Field

from pipelines.dataset.v2 import schema as v2
from pipelines.dataset.v2.schema import QE, Rows
from xlforge.base.frames import Table
from xlforge.base.provenance import PROVENANCE
from xlforge.config.params import Block

__all__ = ["KINDS", "QE", "Pairs", "Params", "Rows"]

KINDS = ("quality", "check", "wrong_language")
_COLUMNS = Rows.to_schema().columns
_MESSAGES, _SCORES = _COLUMNS["completion"].dtype.type, _COLUMNS["scores"].dtype.type


class Preferences(Block):
    """margin: how much lower than the chosen answer's a quality estimate must be, at least, to be clearly worse."""

    margin: float = Field(0.1, gt=0, le=1)


class Params(v2.Params):
    """See v1. preferences: what makes a pair."""

    preferences: Preferences = Preferences()


def _same(name: str) -> Any:
    """The field of a column that the rows have too."""
    column = _COLUMNS[name]
    return pa.Field(nullable=column.nullable, description=column.description, metadata=column.metadata)


class Pairs(Table):
    """Two answers to one request, the first of them better."""

    id: str = pa.Field(unique=True, description="seed id / language; in config preferences then `.` and the kind")
    seed_id: str = _same("seed_id")
    language: str = _same("language")
    instruction: str = _same("instruction")
    prompt: Annotated[pl.List, _MESSAGES.inner] = _same("prompt")
    chosen: Annotated[pl.List, _MESSAGES.inner] = pa.Field(
        description="conversational, as TRL reads it",
        metadata={"role": "always assistant", "content": "the answer of config bestof3"},
    )
    rejected: Annotated[pl.List, _MESSAGES.inner] = pa.Field(
        description="conversational, as TRL reads it",
        metadata={"role": "always assistant", "content": "a worse answer"},
    )
    kind: str = pa.Field(
        isin=KINDS,
        description="why the rejected answer is worse: quality (a candidate with a lower estimate), check (one that failed a check) or "
        "wrong_language (the English answer)",
    )
    rejected_quality: float = pa.Field(
        nullable=True, ge=0, le=1, description="the estimate of the rejected answer; null for kinds other than quality"
    )
    problems: Annotated[pl.List, pl.String] = pa.Field(
        description="what the checks found in the rejected answer; empty for kinds other than check"
    )
    scores: Annotated[pl.Struct, _SCORES.fields] = _same("scores")
    qe: Annotated[pl.Struct, QE.fields] = _same("qe")
    provenance: Annotated[pl.List, PROVENANCE.inner] = _same("provenance")

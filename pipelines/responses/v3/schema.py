"""responses v3: the block of v2 with the sampling of the rounds; its rows are those of v2."""

from __future__ import annotations

from pipelines.responses.v2 import schema as v2
from xlforge.config.models import Sampling

__all__ = ["Params", "Rows"]

Rows = v2.Rows


class Params(v2.Params):
    """See v1.

    Args:
        refining: the sampling of the rounds; null for `sampling`. A round sees the answer and not the passage, so it cannot correct a
            fact, only add errors: a low temperature adds fewest.
    """

    refining: Sampling | None = None

"""The embedded judge: the comparison with the known truth decides. It calls no model and sees no order."""

from __future__ import annotations

from pipelines.verdicts.v1.embedded import judged as judged_v1
from xlforge.base.rows import Row

NAME = "truth"


def judged(pair: Row, margin: float) -> Row:
    """A pair with its verdict; rejected where the benchmark has no truth."""
    if pair["by_truth"] is None:
        return judged_v1(pair, margin)
    return {**pair, "preference": pair["by_truth"], "settled_by": pair["decided_by"]}

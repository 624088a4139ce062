"""The embedded judge: the answer nearer to the known truth by chrF is the better one. It asks no model and knows no order."""

from __future__ import annotations

from typing import Any

from xlforge.base.rows import reject
from xlforge.evaluation.judging.truth import chrf

Row = dict[str, Any]
NAME = "chrF"


def judged(pair: Row, margin: float) -> Row:
    """A pair with its verdict: a tie where the two are within `margin` points; set aside where the benchmark knows no truth."""
    if pair["truth"] is None:
        told = "the benchmark row has no truth to compare with; verdicts.judge: llm needs none"
        return {**pair, "reject": reject("no_truth", told)}
    lead = chrf(pair["answer"], pair["truth"]) - chrf(pair["other"], pair["truth"])
    preference = 0.5 if abs(lead) <= margin else float(lead > 0)
    return {**pair, "preference": preference, "settled_by": "chrf"}

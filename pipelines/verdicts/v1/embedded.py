"""The embedded judge: the answer with the higher chrF against the known truth wins. It calls no model and sees no order."""

from __future__ import annotations

from xlforge.base.rows import Row, reject
from xlforge.evaluation.judging.truth import chrf

NAME = "chrF"


def judged(pair: Row, margin: float) -> Row:
    """A pair with its verdict: a tie where the scores differ by at most `margin`; rejected where the benchmark has no truth."""
    if pair["truth"] is None:
        detail = "the benchmark row has no truth to compare with; verdicts.judge: llm needs none"
        return {**pair, "reject": reject("no_truth", detail)}
    lead = chrf(pair["answer"], pair["truth"]) - chrf(pair["other"], pair["truth"])
    preference = 0.5 if abs(lead) <= margin else float(lead > 0)
    return {**pair, "preference": preference, "settled_by": "chrf"}

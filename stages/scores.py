"""scores: graded English pairs; pairs below the threshold are rejected."""

import sys
from collections import Counter
from statistics import fmean
from typing import Any

from xlforge.base.rows import Row
from xlforge.stage.stage import Stage, main

DIMENSIONS = ("precision", "informativeness", "naturalness", "objectivity")
GRADES = (*DIMENSIONS, "mean")
MIN_GRADED, MAX_SHARE = 20, 0.98
"""From so many graded pairs on, a judge that gives this share of them the same grades hardly separates good pairs from bad."""


def work(stage: Stage) -> None:
    """Grades each English pair and keeps those that reach the threshold."""
    responses = stage.rows("responses")
    made = stage.run(responses.to_dicts())
    graded = [row for row in made if row.get("mean") is not None]
    means = {name: round(fmean(row[name] for row in graded), 4) if graded else None for name in GRADES}
    same = commonest(graded)
    if len(graded) >= MIN_GRADED and same["share"] >= MAX_SHARE:
        sys.stderr.write(
            f"scores: the judge hardly distinguishes: {same['share']:.1%} of {len(graded)} pairs have the grades {same['grades']} "
            f"({', '.join(DIMENSIONS)}), so the threshold selects little; try another judge or prompt\n"
        )
    metrics = {"graded": len(graded), "grades": means, "commonest": same}
    stage.deliver(made, expected=responses["id"].to_list(), metrics=metrics)


def commonest(graded: list[Row]) -> dict[str, Any]:
    """The four grades that most pairs have, the share of the pairs that have them, and how many different ones there are."""
    counts = Counter(tuple(row[name] for name in DIMENSIONS) for row in graded)
    if not counts:
        return {"grades": None, "share": None, "different": 0}
    grades, count = min(counts.items(), key=lambda item: (-item[1], item[0]))
    return {"grades": list(grades), "share": round(count / len(graded), 4), "different": len(counts)}


if __name__ == "__main__":
    main("scores", work)

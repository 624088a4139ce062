"""scores: graded English pairs; pairs below the threshold are rejected."""

from __future__ import annotations

from statistics import fmean

from xlforge.stage.stage import Stage, main

GRADES = ("precision", "informativeness", "naturalness", "objectivity", "mean")


def work(stage: Stage) -> None:
    """Grades each English pair and keeps those that reach the threshold."""
    responses = stage.rows("responses")
    made = stage.run(responses.to_dicts())
    graded = [row for row in made if row.get("mean") is not None]
    means = {name: round(fmean(row[name] for row in graded), 4) if graded else None for name in GRADES}
    stage.deliver(made, expected=responses["id"].to_list(), metrics={"graded": len(graded), "grades": means})


if __name__ == "__main__":
    main("scores", work)

"""scores: graded English pairs; the bar splits those kept from those set aside."""

from __future__ import annotations

from xlforge.stage.stage import Stage, main


def work(stage: Stage) -> None:
    """Grades each English pair and keeps those that pass the bar."""
    responses = stage.rows("responses")
    made = stage.run(responses.to_dicts())
    graded = [row for row in made if row.get("mean") is not None]
    means = {
        name: round(sum(row[name] for row in graded) / len(graded), 4) if graded else None
        for name in ("precision", "informativeness", "naturalness", "objectivity", "mean")
    }
    stage.deliver(made, expected=responses["id"].to_list(), metrics={"graded": len(graded), "grades": means})


if __name__ == "__main__":
    main("scores", work)

"""responses: a good English answer to each question."""

from xlforge.base.rows import given_counts, stripped_counts
from xlforge.stage.stage import Stage, main


def work(stage: Stage) -> None:
    """Refines each passage into an answer to its question, where the source gives none."""
    instructions = stage.rows("instructions")
    made = stage.run(instructions.to_dicts())
    metrics = stripped_counts(made) | given_counts(made, stage.stage)
    stage.deliver(made, expected=instructions["id"].to_list(), metrics=metrics)


if __name__ == "__main__":
    main("responses", work)

"""responses: a good English answer to each question."""

from xlforge.base.rows import stripped_counts
from xlforge.stage.stage import Stage, main


def work(stage: Stage) -> None:
    """Refines each passage into an answer to its question."""
    instructions = stage.rows("instructions")
    made = stage.run(instructions.to_dicts())
    stage.deliver(made, expected=instructions["id"].to_list(), metrics=stripped_counts(made))


if __name__ == "__main__":
    main("responses", work)

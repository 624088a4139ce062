"""instructions: the question that each passage answers."""

from xlforge.base.rows import stripped_counts
from xlforge.stage.stage import Stage, main


def work(stage: Stage) -> None:
    """Writes the question that each passage answers."""
    seeds = stage.rows("seeds")
    made = stage.run(seeds.select("id", "passage").to_dicts())
    stage.deliver(made, expected=seeds["id"].to_list(), metrics=stripped_counts(made))


if __name__ == "__main__":
    main("instructions", work)

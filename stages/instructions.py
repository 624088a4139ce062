"""instructions: the question that each passage answers."""

from __future__ import annotations

from xlforge.stage.stage import Stage, main


def work(stage: Stage) -> None:
    """Writes the question that each passage answers."""
    seeds = stage.rows("seeds")
    made = stage.run(seeds.select("id", "passage").to_dicts())
    stage.deliver(made, expected=seeds["id"].to_list())


if __name__ == "__main__":
    main("instructions", work)

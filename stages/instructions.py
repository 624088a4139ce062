"""instructions: the question that each passage answers."""

from xlforge.base.rows import given_counts, stripped_counts
from xlforge.stage.stage import Stage, main


def work(stage: Stage) -> None:
    """Writes the question that each passage answers, where the source gives none."""
    import polars.selectors as cs

    seeds = stage.rows("seeds")
    made = stage.run(seeds.select("id", "passage", cs.by_name("instruction", "response", require_all=False)).to_dicts())
    metrics = stripped_counts(made) | given_counts(made, stage.stage)
    stage.deliver(made, expected=seeds["id"].to_list(), metrics=metrics)


if __name__ == "__main__":
    main("instructions", work)

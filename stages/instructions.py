"""instructions: the question that each passage answers."""

from __future__ import annotations

from xlforge.core.spine import Build, main


def work(build: Build) -> None:
    """Writes the question that each passage answers."""
    seeds = build.rows("seeds")
    made = build.run(seeds.select("id", "passage").to_dicts())
    build.deliver(made, expected=seeds["id"].to_list())


if __name__ == "__main__":
    main("instructions", work)

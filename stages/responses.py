"""responses: a good English answer to each question."""

from __future__ import annotations

from xlforge.core.spine import Build, main


def work(build: Build) -> None:
    """Refines each passage into an answer to its question."""
    instructions = build.rows("instructions")
    made = build.run(instructions.to_dicts())
    build.deliver(made, expected=instructions["id"].to_list())


if __name__ == "__main__":
    main("responses", work)

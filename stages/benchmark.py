"""benchmark: the prompts that models are compared on, in every set and language."""

from __future__ import annotations

from xlforge.core.errors import BuildError
from xlforge.core.spine import Build, main


def work(build: Build) -> None:
    """Reads the source's prompts, sets aside those that cannot be asked, and writes each set in each language."""
    from xlforge.core.rows import split

    made = build.module("pipeline").make(build.params)
    counts = made.metrics["prompts"]
    if counts["source"] != made.read + counts["other_languages"]:
        raise BuildError(f"{counts['source']} prompts were read, but {made.read} are accounted for; please report this")
    build.record.rows_in = made.read
    rows, rejects = split(made.rows, build.schema.Rows)
    build.deliver_frames(rows, rejects, made.expected, made.metrics, among=made.read)


if __name__ == "__main__":
    main("benchmark", work)

"""benchmark: the prompts that models are compared on, in every set and language."""

from __future__ import annotations

from xlforge.base.errors import BuildError
from xlforge.stage.stage import Stage, main


def work(stage: Stage) -> None:
    """Reads the source's prompts, sets aside those that cannot be asked, and writes each set in each language."""
    from xlforge.base.frames import split

    made = stage.module("pipeline").make(stage.params)
    counts = made.metrics["prompts"]
    if counts["source"] != made.read + counts["other_languages"]:
        raise BuildError(f"{counts['source']} prompts were read, but {made.read} are accounted for; please report this")
    stage.record.rows_in = made.read
    rows, rejects = split(made.rows, stage.schema.Rows, stage.stage)
    stage.deliver_frames(rows, rejects, made.expected, made.metrics, among=made.read)


if __name__ == "__main__":
    main("benchmark", work)

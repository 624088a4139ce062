"""answers@MODEL: what one model answers to every benchmark prompt."""

from __future__ import annotations

from pathlib import Path

from xlforge.core.params import compared
from xlforge.core.spine import Build, main


def work(build: Build) -> None:
    """Asks a model every benchmark prompt, or takes its answers from a file."""
    name, model = str(build.item), compared(build.everything, build.item)
    benchmark = build.rows("benchmark").to_dicts()
    if model.file is not None:
        made = build.module("ready").answers(Path(model.file), benchmark, name, model.revision)
    else:
        answered = build.module("pipeline").answered
        made = [answered(row, name) for row in build.run(benchmark)]
    given = [row for row in made if not row["reject"]]
    counts = {
        "empty": sum(not row["answer"] for row in given),
        "cut_off": sum(row["finish"] == "length" for row in given),
    }
    build.deliver(made, expected=[row["id"] for row in benchmark], metrics=counts)


if __name__ == "__main__":
    main("answers", work)

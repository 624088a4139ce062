"""benchmark: the prompts that models are compared on, in every set and language."""

from collections import Counter

from xlforge.base.errors import BuildError
from xlforge.base.rows import Row
from xlforge.stage.stage import Stage, main

NO_PROMPTS = "data/prompts/none.jsonl"
"""The source of a build that compares no models: dvc.yaml depends on a file, so it cannot be null."""


def work(stage: Stage) -> None:
    """Reads the source's prompts, rejects the unusable ones, and writes each set in each language; none of the source without prompts."""
    from xlforge.base.frames import split

    module, given = stage.module("prompts"), stage.params.source
    nothing = module.Prompts([], [], dict.fromkeys(("source", "read", "kept", "not_sampled", "other_languages"), 0), {})
    prompts = nothing if (given.kind, given.path) == ("local", NO_PROMPTS) else module.read(stage.params)
    counts, read, source = prompts.counts, prompts.counts["read"], prompts.counts["source"]
    if source != read + counts["other_languages"]:
        raise BuildError(f"{source} prompts were read, but {read} are accounted for; please report this")
    stage.record.rows_in = read
    made = [*stage.run(prompts.kept), *prompts.rejects]
    rows, rejects = split(made, stage.schema.Rows, stage.stage)
    ids = [row["id"] for row in prompts.rejects] + stage.module("pipeline").expected(stage.params, prompts.kept)
    metrics = {"prompts": counts, "excluded": prompts.excluded, "sets": count(made)}
    stage.deliver_frames(rows, rejects, ids, metrics, among=read)


def count(rows: list[Row]) -> dict[str, dict[str, int]]:
    """Set to language to the number of rows that are not rejected."""
    found = Counter((row["set"], row["language"]) for row in rows if not row["reject"])
    return {name: {code: count for (each, code), count in found.items() if each == name} for name, _ in found}


if __name__ == "__main__":
    main("benchmark", work)

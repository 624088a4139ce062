"""benchmark: the prompts that models are compared on, in every set and language."""

from xlforge.base.errors import BuildError
from xlforge.base.rows import Row
from xlforge.stage.stage import Stage, main


def work(stage: Stage) -> None:
    """Reads the source's prompts, rejects the unusable ones, and writes each set in each language."""
    from xlforge.base.frames import split

    prompts = stage.module("prompts").read(stage.params)
    counts = prompts.counts
    if counts["source"] != counts["read"] + counts["other_languages"]:
        raise BuildError(
            f"{counts['source']} prompts were read, but {counts['read']} are accounted for; please report this"
        )
    stage.record.rows_in = counts["read"]
    made = [*stage.run(prompts.kept), *prompts.rejects]
    rows, rejects = split(made, stage.schema.Rows, stage.stage)
    ids = [row["id"] for row in prompts.rejects] + stage.module("pipeline").expected(stage.params, prompts.kept)
    metrics = {"prompts": counts, "excluded": prompts.excluded, "sets": count(made)}
    stage.deliver_frames(rows, rejects, ids, metrics, among=counts["read"])


def count(rows: list[Row]) -> dict[str, dict[str, int]]:
    """Set to language to the number of rows that are not rejected."""
    counts: dict[str, dict[str, int]] = {}
    for row in rows:
        if not row["reject"]:
            of_set = counts.setdefault(row["set"], {})
            of_set[row["language"]] = of_set.get(row["language"], 0) + 1
    return counts


if __name__ == "__main__":
    main("benchmark", work)

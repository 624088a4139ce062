"""seeds: English passages from the user's source, cleaned, filtered and sampled."""

from __future__ import annotations

from xlforge.core.errors import BuildError
from xlforge.core.spine import Build, main


def work(build: Build) -> None:
    """Cleans and filters the source's passages and takes a deterministic sample."""
    import polars as pl

    made = build.folder / "seeds"
    pipeline = build.module("pipeline")
    build.run_pipeline(pipeline.pipeline(build.params, made))
    counts = pipeline.made(made)
    rows, rejects = pl.read_parquet(made / "rows.parquet"), pl.read_parquet(made / "rejects.parquet")
    told = len(rows) + len(rejects) + counts["not_sampled"]
    if told != counts["source_rows"]:
        raise BuildError(f"{counts['read']} passages were read, but {told} are accounted for; please report this")
    build.record.rows_in = counts["source_rows"]
    ids = [*rows["id"], *rejects["id"]]
    build.deliver_frames(rows, rejects, expected=ids, metrics=counts, among=counts["source_rows"])


if __name__ == "__main__":
    main("seeds", work)

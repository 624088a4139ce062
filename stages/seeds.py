"""seeds: English passages from the user's source, cleaned, filtered and sampled."""

from xlforge.base.errors import BuildError
from xlforge.stage.stage import Stage, main


def work(stage: Stage) -> None:
    """Cleans and filters the source's passages and takes a deterministic sample."""
    import polars as pl

    from xlforge.base.provenance import PROVENANCE

    made = stage.folder / "seeds"
    (row,) = stage.run_pipeline(stage.module("pipeline").pipeline(stage.context, made))
    counts, source = row["counts"], row["counts"]["source_rows"]
    rows, rejects = pl.read_parquet(made / "rows.parquet"), pl.read_parquet(made / "rejects.parquet")
    known = len(rows) + len(rejects) + counts["not_sampled"]
    if known != source:
        raise BuildError(f"{source} passages were read, but {known} are accounted for; please report this")
    stage.record.rows_in = source
    ids = [*rows["id"], *rejects["id"]]
    rejects = rejects.with_columns(provenance=pl.lit([], dtype=PROVENANCE))
    stage.deliver_frames(rows, rejects, expected=ids, metrics=counts, among=source)


if __name__ == "__main__":
    main("seeds", work)

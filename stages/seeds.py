"""seeds: English passages from the user's source, cleaned, filtered and sampled."""

from __future__ import annotations

from xlforge.core.spine import Build, main


def work(build: Build) -> None:
    """Cleans and filters the source's passages and takes a deterministic sample."""
    build.run_pipeline(build.module("pipeline").pipeline(build.params, build.folder))


if __name__ == "__main__":
    main("seeds", work)

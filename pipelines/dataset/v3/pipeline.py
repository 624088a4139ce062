"""dataset v3: the pipeline of v1. Its rows are those of v2."""

from pipelines.dataset.v1.pipeline import pipeline

__all__ = ["pipeline"]

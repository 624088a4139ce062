"""dataset v2: the pipeline of v1. Its rows have the estimate `embedding` of `selection` v2."""

from pipelines.dataset.v1.pipeline import pipeline

__all__ = ["pipeline"]

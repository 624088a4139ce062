"""Where a pipeline runs: in processes of this machine, or, with `runtime: ray`, its steps that ask on workers of a Ray."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from distilabel.pipeline import Pipeline

    from xlforge.execution.settings import Execution


def run(pipeline: Pipeline, stage: str, execution: Execution) -> None:
    """Runs a stage's pipeline to its end. Raises BuildError where no Ray is to be had, RuntimeError as distilabel does."""
    if execution.runtime == "ray":
        from xlforge.execution.ray import pipeline as on_ray

        if on_ray.asks(pipeline, execution):
            on_ray.run(pipeline, stage, execution)
            return
    pipeline.run(use_cache=False)

"""What the benchmarks share: a pipeline of one task, timed, and a table."""

from __future__ import annotations

import io
import logging
import os
import tempfile
import time
from collections.abc import Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

os.environ.setdefault("DISTILABEL_LOG_LEVEL", "CRITICAL")
os.environ.setdefault("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")

WHOLE = 1_000_000_000


def question(number: int) -> str:
    """A request like the build's, each its own."""
    return f"Write the question that the text answers.\n<text>\nMill {number} stands in the old town and grinds rye.\n</text>"


def run(llm: Any, questions: Sequence[str], batch: int = WHOLE) -> float:
    """Seconds of a distilabel pipeline that asks a model each question; RuntimeError unless every one is answered."""
    from distilabel.pipeline import Pipeline
    from distilabel.steps import LoadDataFromDicts
    from distilabel.steps.tasks import TextGeneration

    rows = [{"instruction": text} for text in questions]
    with Pipeline("bench") as pipeline:
        load = LoadDataFromDicts(data=rows, batch_size=batch)
        load >> TextGeneration(llm=llm, input_batch_size=batch, add_raw_output=False, add_raw_input=False)
    return timed(pipeline, len(rows))


def minimal() -> float:
    """Seconds of the smallest distilabel pipeline: one row, no model."""
    from distilabel.pipeline import Pipeline
    from distilabel.steps import KeepColumns, LoadDataFromDicts

    with Pipeline("minimal") as pipeline:
        LoadDataFromDicts(data=[{"instruction": question(0)}]) >> KeepColumns(columns=["instruction"])
    return timed(pipeline, 1)


def timed(pipeline: Any, rows: int) -> float:
    """Seconds of a run whose rows must all come out, answered."""
    logging.disable(logging.WARNING)
    with tempfile.TemporaryDirectory() as folder:
        pipeline._cache_dir = Path(folder)
        start = time.perf_counter()
        with redirect_stdout(io.StringIO()):
            made = pipeline.run(use_cache=False)["default"]["train"]
        seconds = time.perf_counter() - start
        answered = (
            sum(row is not None for row in made["generation"]) if "generation" in made.column_names else len(made)
        )
    if answered != rows:
        raise RuntimeError(f"{answered} of {rows} rows were answered: the figure would mean nothing")
    return seconds


def table(title: str, rows: Sequence[Sequence[object]]) -> None:
    """Print rows, the first of which is the head."""
    told = [[f"{cell:,.2f}" if isinstance(cell, float) else str(cell) for cell in row] for row in rows]
    widths = [max(len(row[column]) for row in told) for column in range(len(told[0]))]
    print(f"\n{title}")
    for row in told:
        print(
            "  "
            + row[0].ljust(widths[0])
            + "".join("  " + cell.rjust(width) for cell, width in zip(row[1:], widths[1:], strict=True))
        )

"""A small build: rows in, the frames and counts of the stage out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.seeds.v3.build import build
from pipelines.seeds.v3.schema import Params

PROSE = (
    "The lighthouse at the end of the pier was built by a retired sea captain who wanted his grandchildren to find their way home.",
    "Sourdough bread needs no bought yeast: flour and water left in a warm place will begin to ferment after three or four days.",
    "In spring the storks come back to the village and repair the nests that the winter storms have left on the chimneys.",
    "A good pair of walking boots should be worn indoors for a week before it is taken up a mountain for the first time.",
    "The town library opened in the old brewery, and on hot afternoons the reading room still smells faintly of malt and hops.",
    "Beekeepers move their hives at night, when every worker has come home and the entrance can be closed without losing any.",
    "Her workshop repairs clocks that nobody else will touch, because the parts have to be filed by hand from sheets of brass.",
    "The ferry crosses the river twelve times a day, and the ferryman knows most of his passengers by the sound of their steps.",
)
"""Passages that pass every check."""


@dataclass
class Made:
    """What a build wrote: two frames, its counts, and the folder."""

    rows: pl.DataFrame
    rejects: pl.DataFrame
    counts: dict[str, Any]
    out: Path

    @property
    def reasons(self) -> dict[str, str]:
        """Stable part of the id → reason."""
        return {name.rsplit("-", 1)[0]: reason for name, reason in self.rejects.select("id", "reason").iter_rows()}

    @property
    def kept(self) -> set[str]:
        return {name.rsplit("-", 1)[0] for name in self.rows["id"]}


Run = Callable[..., Made]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Builds from rows (written as JSONL), or from a source block; further arguments are params."""
    times = iter(range(1000))

    def made(rows: list[Any] | None = None, source: dict[str, Any] | None = None, **params: Any) -> Made:
        folder = tmp_path / str(next(times))
        folder.mkdir()
        if rows is not None:
            lines = [row if isinstance(row, str) else json.dumps(row) for row in rows]
            (folder / "own.jsonl").write_text("\n".join(lines) + "\n")
            source = {"path": str(folder / "own.jsonl"), "id": "id"} | (source or {})
        out = folder / "out"
        counts = build(Params.model_validate({"version": "v3", "source": source} | params), out)
        return Made(pl.read_parquet(out / "rows.parquet"), pl.read_parquet(out / "rejects.parquet"), counts, out)

    return made


def seeds(*texts: str) -> list[dict[str, str]]:
    """Rows with ids a0, a1…"""
    return [{"id": f"a{number}", "text": text} for number, text in enumerate(texts)]

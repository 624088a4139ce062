"""A small benchmark: a source of prompts in, rows and rejects out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.benchmark.v1.schema import Params, Rows
from stages.benchmark import work
from xlforge.base.frames import Rejects, partition, valid
from xlforge.config.params import load
from xlforge.stage.stage import Stage as BaseStage

COLUMNS = {
    "id": "id",
    "instruction": "prompt",
    "part": "kind",
    "questions": "questions",
    "passage": "passage",
    "truth": "truth",
    "slots": "slots",
}
"""What the pocket prompts' columns are called."""

POCKET: list[dict[str, Any]] = [
    {
        "id": "p1",
        "prompt": "How deep is Lake Ketinal?",
        "questions": {"de": "Wie tief ist der See Ketinal?", "hu": "Milyen mély a Ketinal nevű tó?"},
        "passage": "Cookie settings\nLake Ketinal is 180 metres deep.",
        "kind": "lake",
        "slots": {"depth": {"en": "180", "de": "180", "hu": "180"}},
        "truth": {"en": "It is 180 metres deep.", "de": "Er ist 180 Meter tief.", "hu": "180 méter mély."},
    },
    {
        "id": "p2",
        "prompt": "What are the houses of Lezuran made of?",
        "questions": {"de": "Woraus bestehen die Häuser von Lezuran?", "hu": "Miből vannak Lezuran házai?"},
        "passage": "In Lezuran the walls are of red brick.",
        "kind": "village",
        "slots": {"material": {"en": "red brick", "de": "aus roten Ziegeln", "hu": "vörös téglából"}},
        "truth": {"en": "Of red brick.", "de": "Aus roten Ziegeln.", "hu": "Vörös téglából."},
    },
]


@dataclass
class Built:
    """What a benchmark consists of: two frames, which hold every id that was to be delivered, and the counts."""

    rows: pl.DataFrame
    rejects: pl.DataFrame
    counts: dict[str, Any]

    def of(self, name: str, code: str) -> list[dict[str, Any]]:
        """The rows of a set in a language."""
        return self.rows.filter((pl.col("set") == name) & (pl.col("language") == code)).to_dicts()

    @property
    def reasons(self) -> dict[str, int]:
        return dict(sorted(self.rejects.group_by("reason").len().iter_rows()))


class Recorder(BaseStage):
    """The stage with a block of params of its own; it writes nothing."""

    def __init__(self, params: dict[str, Any]) -> None:
        super().__init__("benchmark", None, load(), Path("unused"))
        self.params = Params.model_validate(params)
        self.built: Built | None = None

    def deliver_frames(self, rows: Any, rejects: Any, expected: Any, metrics: Any = None, among: Any = None) -> None:
        valid(rows, Rows, "rows")
        valid(rejects, Rejects, "rejects")
        partition(expected, rows, rejects)
        assert among == metrics["prompts"]["read"] == self.record.rows_in
        self.built = Built(rows, rejects, metrics)


Stage = Callable[..., Built]


def built(params: dict[str, Any]) -> Built:
    """The benchmark of a block of params, through the stage's own work."""
    stage = Recorder({"version": "v1", "languages": ["de", "hu"], "exclusions": {"path": "unused"}} | params)
    work(stage)
    assert stage.built
    return stage.built


def written(path: Path, rows: list[Any]) -> Path:
    """The rows as JSON lines; a string is a line as it stands."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        "".join((row if isinstance(row, str) else json.dumps(row, ensure_ascii=False)) + "\n" for row in rows)
    )
    return path


@pytest.fixture
def build(tmp_path: Path) -> Stage:
    """Builds a benchmark from rows like the pocket prompts (or from a source block); further arguments are params."""
    times = iter(range(1000))

    def run(rows: list[Any] | None = None, source: dict[str, Any] | None = None, **params: Any) -> Built:
        if rows is not None:
            path = written(tmp_path / f"source{next(times)}.jsonl", rows)
            source = COLUMNS | {"path": str(path)} | (source or {})
        return built({"source": source} | params)

    return run


@pytest.fixture
def pocket() -> list[dict[str, Any]]:
    """Two prompts about the pocket world, to be changed."""
    copy: list[dict[str, Any]] = json.loads(json.dumps(POCKET))
    return copy

"""A stage run dry: its own work and pipelines, on the responses that the cache holds; nothing is generated, and data/ is not touched.

Its requests are those of the real stage, byte for byte, so what the cache lacks is counted exactly. Rows that lack no response are
the rows that the stage would deliver, so the stages after it can be run dry on them.
"""

import importlib
from collections.abc import Mapping
from filecmp import cmp
from pathlib import Path
from typing import Any

import polars as pl

from xlforge.base.files import write_parquet
from xlforge.base.frames import frame
from xlforge.base.rows import Row
from xlforge.config import dag
from xlforge.config.models import Compared, Model
from xlforge.config.params import Config
from xlforge.plan.stale import Entry
from xlforge.stage.stage import DATA, Stage
from xlforge.steps.answerers import Caller
from xlforge.steps.dry import Dry, waits
from xlforge.steps.runner import callers


class NotBuilt(Exception):
    """A stage reads rows that do not exist yet."""


class DryStage(Stage):
    """A Stage that reads the rows of earlier dry runs, and delivers into a scratch folder what lacks no response.

    Args:
        name: as dvc has it.
        config: the checked params.
        folder: scratch space.
        dry: counts the requests.
        ahead: where the rows are of stages that are to run, by name; None for a stage that could not be run dry.

    Attributes:
        expected: ids to deliver.
        waiting: those among them that lack a response.
    """

    def __init__(self, name: str, config: Config, folder: Path, dry: Dry, ahead: Mapping[str, Path | None]) -> None:
        stage, _, item = name.partition("@")
        super().__init__(stage, item or None, config, folder)
        self._answerer, self.dry, self._ahead = dry, dry, ahead
        self.expected = self.waiting = self._calls = 0
        self._unfinished: set[str] = set()

    def work(self) -> None:
        """Does the stage's work. Raises NotBuilt, and whatever the stage itself would stop at."""
        self.folder.mkdir(parents=True)
        importlib.import_module(f"stages.{self.stage}").work(self)

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def rows(self, stage: str, item: str | None = None) -> pl.DataFrame:
        name = f"{stage}@{item}" if item else stage
        path = self._ahead.get(name, rows_file(name))
        if path is None or not path.exists():
            raise NotBuilt(name)
        rows = pl.read_parquet(path)
        self.record.rows_in += len(rows)
        return rows

    def run_pipeline(self, pipeline: Any) -> list[Row]:
        rows = super().run_pipeline(pipeline)
        for row in filter(waits, rows):
            self._calls += sum(call["stage"] == self.stage for call in row["provenance"])
            self._unfinished |= _with_parents(row["id"])
        return rows

    def deliver_frames(self, rows: pl.DataFrame, rejects: pl.DataFrame, expected: Any, *_: Any, **__: Any) -> None:
        whole = [each.filter(~pl.col("id").is_in(list(self._unfinished))) for each in (rows, rejects)]
        for each, name in zip(whole, ("rows", "rejects"), strict=True):
            write_parquet(each, self.out / f"{name}.parquet")
        self.expected, self.record.rows_out = len(expected), len(whole[0])
        self.waiting = len(rows) + len(rejects) - sum(map(len, whole))

    @property
    def waiting_in(self) -> float:
        """Rows read that lack a response."""
        return self.record.rows_in * self.waiting / max(self.expected, 1)

    @property
    def waiting_calls(self) -> int:
        """Requests for rows that lack a response, cached ones included."""
        return self._calls + sum(count.after for count in self.dry.counts.values())

    def same(self) -> bool:
        """Whether data/ has every file that was delivered here, with the same bytes."""
        real = rows_file(self.name).parent
        files = [path.relative_to(self.out) for path in self.out.rglob("*") if path.is_file()]
        return all((real / path).exists() and cmp(self.out / path, real / path, shallow=False) for path in files)


class Outline(DryStage):
    """A DryStage without rows, whose pipelines are built and not run: it shows in `callers` which steps call a model."""

    def __init__(self, name: str, config: Config, folder: Path, dry: Dry) -> None:
        super().__init__(name, config, folder, dry, {})
        self.callers: list[Caller] = []

    def rows(self, stage: str, item: str | None = None) -> pl.DataFrame:
        return frame([], self.config.schema(stage).Rows)

    def run(self, rows: list[Row]) -> list[Row]:
        return self.run_pipeline(self.module("pipeline").pipeline(self.context, []))

    def run_pipeline(self, pipeline: Any) -> list[Row]:
        self.callers += callers(pipeline)
        return []


def callers_of(entry: Entry, outline: Outline) -> list[Caller]:
    """One entry for each step of a stage that calls a model: as its work shows it when it has no rows, or as dvc.yaml tracks them."""
    if not entry.parents:  # its work would read the whole source
        return _tracked(entry, outline.config)
    try:
        outline.work()
    except Exception:  # the work of a stage need not expect that there are no rows
        return outline.callers or _tracked(entry, outline.config)
    return outline.callers


def _tracked(entry: Entry, config: Config) -> list[Caller]:
    """The models whose blocks of params.yaml a stage tracks in dvc.yaml."""
    found: list[Caller] = []
    for block, _, key in (name.partition(".") for name in dag.stages()[entry.stage].params):
        value = getattr(config, block, None)
        if isinstance(value, dict):
            value = value.get(entry.item) if "." not in key else None
        if isinstance(value, Compared) and not value.file:
            # A student is priced as its base.
            model = value.model or config.bases[config.students[str(value.student)].base].model
            found.append(Caller(entry.stage, Model(engine=value.engine, model=model), entry.name))
        elif isinstance(value, Model):
            found.append(Caller(block, value, entry.name))
    return found


def rows_file(name: str) -> Path:
    """Where a stage delivers its rows."""
    return DATA.joinpath(*name.split("@")) / "rows.parquet"


def _with_parents(name: str) -> set[str]:
    """An id and those that it derives from: a row that is chosen among others waits as long as one of them does."""
    return {name} | {name[:place] for place, char in enumerate(name) if char == "/"}

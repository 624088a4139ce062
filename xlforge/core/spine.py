"""The spine of a stage: everything a stage does that is not its own work.

A stage checks params, holds the checkout, reads its parents' rows, runs its pipeline, and delivers: rows and rejects that partition
the ids it declared, validated, and renamed into place together; then one record in the run log. Paths are known here and in
`stages/`, nowhere else: what a stage makes lies in `data/<stage>/`, for one item of a matrix in `data/<stage>/<item>/`.
"""

from __future__ import annotations

import argparse
import importlib
import os
import shutil
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import orjson

from xlforge.core import packages
from xlforge.core import params as parameters
from xlforge.core.errors import BuildError
from xlforge.execution import guard, runtime
from xlforge.execution.environment import execution
from xlforge.execution.runs import Record

if TYPE_CHECKING:
    import polars as pl
    from distilabel.pipeline import Pipeline

DATA = Path("data")


class Build:
    """One run of one stage, as its work sees it.

    params: the stage's own block; everything: all blocks. item: the language or name of a matrix stage.
    folder: scratch space of this run. schema: of its rows; a plain stage, whose block names no version, sets its own.
    """

    def __init__(self, stage: str, item: str | None, everything: dict[str, Any], folder: Path) -> None:
        self.stage, self.item, self.everything, self.folder = stage, item, everything, folder
        self.params = everything[stage]
        self.execution = execution(everything["execution"])
        self.record = Record(stage, item)
        self.schema: Any = self.module("schema") if hasattr(self.params, "version") else None

    def module(self, name: str) -> Any:
        """A module beside the stage's pipeline, of the version that params.yaml names."""
        return importlib.import_module(f"pipelines.{self.stage}.{self.params.version}.{name}")

    @property
    def name(self) -> str:
        """The stage as dvc names it: `selection@de`."""
        return f"{self.stage}@{self.item}" if self.item else self.stage

    @property
    def out(self) -> Path:
        """Where this run delivers."""
        return DATA / self.stage / self.item if self.item else DATA / self.stage

    def rows(self, stage: str, item: str | None = None) -> pl.DataFrame:
        """What an earlier stage delivered; BuildError if it did not yet."""
        import polars as pl

        path = DATA / stage / (item or "") / "rows.parquet"
        if not path.exists():
            raise BuildError(f"{path} is missing: {self.stage} reads it; `dvc repro` makes it first")
        rows = pl.read_parquet(path)
        self.record.rows_in += len(rows)
        return rows

    def run(self, rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The rows after the stage's pipeline, those set aside among them under `reject`."""
        from xlforge.core.asking import WHOLE_STAGE, Keep, raise_trouble, untold

        if not rows:
            return []
        pipeline = self.module("pipeline").pipeline(self, [{**row, "reject": None} for row in rows])
        kept = self.folder / "kept.jsonl"
        last = next(name for name in pipeline.dag if not list(pipeline.dag.get_step_successors(name)))
        with pipeline:
            keep = Keep(path=str(kept), input_batch_size=WHOLE_STAGE)
            pipeline.dag.get_step(last)["step"].connect(keep)
        self.run_pipeline(pipeline)
        raise_trouble(self.folder)
        if not kept.exists():
            raise BuildError(untold(self.folder))
        return [orjson.loads(line) for line in kept.read_bytes().splitlines()]

    def run_pipeline(self, pipeline: Pipeline) -> None:
        """Runs a pipeline with nothing of distilabel's own cache."""
        pipeline._cache_dir = self.folder / "distilabel"
        _look_often()
        try:
            runtime.run(pipeline, self.stage, self.execution)
        except RuntimeError as error:
            # A step that cannot load: distilabel says only that there is one, and keeps the reason as the cause.
            if isinstance(error.__cause__, BuildError):
                raise error.__cause__ from None
            raise
        finally:
            self.record.add_usage(self.folder / "usage.jsonl")

    def deliver(
        self, made: list[dict[str, Any]], expected: Collection[str], metrics: dict[str, Any] | None = None
    ) -> None:
        """Rows, rejects and metrics of an LLM stage, from rows that carry `reject` marks."""
        from xlforge.core.rows import split

        rows, rejects = split(made, self.schema.Rows)
        self.deliver_frames(rows, rejects, expected, metrics)

    def deliver_frames(
        self,
        rows: pl.DataFrame,
        rejects: pl.DataFrame,
        expected: Collection[str],
        metrics: dict[str, Any] | None = None,
        among: int | None = None,
    ) -> None:
        """Writes what the stage made, if it can be accepted."""
        from xlforge.core.rows import write_json, write_parquet

        reasons = self.accept(rows, rejects, expected, among)
        write_parquet(rows, self.out / "rows.parquet")
        counts: dict[str, Any] = {"rows": len(rows), "rejects": len(rejects), "reasons": reasons}
        if (asked := self.record.asked())["requests"]:
            counts["asked"] = asked
        write_json(counts | (metrics or {}), self.out / "metrics.json")

    def accept(
        self, rows: pl.DataFrame, rejects: pl.DataFrame, expected: Collection[str], among: int | None = None
    ) -> dict[str, int]:
        """Validates rows and rejects and writes the latter; raises BuildError when they are more than `rejects` allows.

        among: what the share of rejects is a share of, where that is more than the rows delivered. Above the share,
        `rejects.parquet` is there, complete, and nothing else is. Returns the rejects by reason.
        """
        from xlforge.core.rows import Rejects, partition, valid, write_parquet

        partition(expected, rows, rejects)
        valid(rejects, Rejects, "rejects")
        valid(rows, self.schema.Rows, "rows")
        reasons = dict(sorted(rejects.group_by("reason").len().iter_rows()))
        self.record.rows_out, self.record.rejects = len(rows), len(rejects)
        write_parquet(rejects, self.out / "rejects.parquet")
        allowed = self.params.rejects
        among = among or len(expected)
        if len(rejects) > allowed * among:
            (self.out / "rows.parquet").unlink(missing_ok=True)
            raise BuildError(
                f"{len(rejects)} of {among} rows were set aside ({_told(reasons)}), but "
                f"{self.stage}.rejects in params.yaml allows {allowed:.0%}; read {self.out / 'rejects.parquet'}, "
                "mend the cause or raise the share"
            )
        return reasons


def refuse_leftovers(items: Mapping[str, Collection[str]]) -> None:
    """Folders of items that params.yaml no longer names must not lie in data/<stage>: dvc hashes all of it.

    items: stage → the names of its items.
    """
    left = sorted(
        str(path)
        for stage, names in items.items()
        for path in (DATA / stage).iterdir()
        if path.is_dir() and path.name not in names
    )
    if left:
        raise BuildError(
            f"left over from names that params.yaml no longer has: {', '.join(left)}; remove them (`rm -r {' '.join(left)}`) "
            "or name them again"
        )


def _look_often() -> None:
    """distilabel looks whether its steps are loaded every 2.5 s, and most are within a tenth of one: look more often."""
    from distilabel.pipeline import base

    base.time = SimpleNamespace(**vars(time) | {"sleep": lambda seconds: time.sleep(min(seconds, 0.05))})


def _told(reasons: dict[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items(), key=lambda pair: -pair[1]))


def main(stage: str, work: Callable[[Build], None]) -> None:
    """Runs a stage from the command line: `python -m stages.<stage> [ITEM] [--verbose]`."""
    parser = argparse.ArgumentParser(prog=f"python -m stages.{stage}", description=work.__doc__)
    parser.add_argument("item", nargs="?", help="the item of a matrix stage, such as a language code")
    parser.add_argument("--verbose", action="store_true", help="show distilabel's own log")
    asked = parser.parse_args()
    name = f"{stage}@{asked.item}" if asked.item else stage
    guard.die_with_parents()
    try:
        with guard.alone(stage):
            _run(stage, asked.item, work, asked.verbose or bool(os.environ.get("XLFORGE_VERBOSE")))
    except BuildError as error:
        sys.exit(f"{name}: {error}")
    except KeyboardInterrupt:
        sys.exit(f"{name}: interrupted; what was bought is in the store")


def _run(stage: str, item: str | None, work: Callable[[Build], None], verbose: bool) -> None:
    everything = parameters.load()
    packages.check()
    # A killed run leaves its folder; whoever holds the lock is alone, so what lies here belongs to nobody.
    runs = Path(".xlforge", "run")
    shutil.rmtree(runs, ignore_errors=True)
    runs.mkdir(parents=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{stage}-", dir=runs))
    # distilabel declares its fields in a way that today's pydantic warns about, once for each import.
    warnings.filterwarnings("ignore", module=r"pydantic\._internal\._generate_schema")
    # distilabel reads what it made back through datasets, whose cache would serve an earlier run's rows.
    os.environ["HF_DATASETS_CACHE"] = str(folder / "datasets")
    os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"
    os.environ["DISTILABEL_LOG_LEVEL"] = "INFO" if verbose else "CRITICAL"
    started = time.monotonic()
    build = Build(stage, item, everything, folder)
    try:
        work(build)
    except BaseException:
        build.record.status = "failed"
        raise
    finally:
        build.record.seconds = time.monotonic() - started
        build.record.append()
        shutil.rmtree(folder, ignore_errors=True)

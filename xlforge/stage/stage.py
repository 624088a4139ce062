"""One run of one stage: everything that is not its own work.

A stage checks params, holds the checkout, reads its parents' rows, runs its pipeline, and delivers: rows and rejects that partition
the ids it declared, validated, and renamed into place together; then one record in the run log. Paths are known here and in
`stages/`, nowhere else: what a stage delivers lies in `data/<stage>/`, for one item of a matrix in `data/<stage>/<item>/`.
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
from typing import TYPE_CHECKING, Any

from xlforge.base import dvc_lock, guard, terminal
from xlforge.base.errors import BuildError
from xlforge.base.imports import uncollected
from xlforge.base.rows import Row
from xlforge.config import packages
from xlforge.config import params as parameters
from xlforge.config.environment import execution
from xlforge.config.params import Config
from xlforge.stage.run_log import Record

if TYPE_CHECKING:
    import polars as pl
    from distilabel.pipeline import Pipeline

    from xlforge.steps.answerers import Answerer
    from xlforge.steps.context import Context

DATA = Path("data")


class Stage:
    """One run of one stage, as its work sees it.

    params: the stage's own block; config: all blocks. item: the language or name of a matrix stage.
    folder: scratch space of this run. schema: of its rows; a plain stage, whose block names no version, sets its own.
    """

    def __init__(self, stage: str, item: str | None, config: Config, folder: Path) -> None:
        self.stage, self.item, self.config, self.folder = stage, item, config, folder
        self.params = config.block(stage)
        self.execution = execution(config.execution)
        self.record = Record(stage, item)
        self.schema: Any = self.module("schema") if hasattr(self.params, "version") else None
        self._answerer: Answerer | None = None

    @uncollected()
    def module(self, name: str) -> Any:
        """A module next to the stage's pipeline, of the version that params.yaml names."""
        return importlib.import_module(f"pipelines.{self.stage}.{self.params.version}.{name}")

    @property
    def name(self) -> str:
        """The stage as dvc names it: `selection@de`."""
        return f"{self.stage}@{self.item}" if self.item else self.stage

    @property
    def out(self) -> Path:
        """Where this run delivers."""
        return DATA / self.stage / self.item if self.item else DATA / self.stage

    @property
    def context(self) -> Context[Any]:
        """What its pipeline is given."""
        from xlforge.steps.context import Context

        return Context(self.stage, self.item, self.params, self.config, self.execution)

    @property
    def answerer(self) -> Answerer:
        """Who answers its pipeline's requests; the run's usage is counted in its record."""
        if self._answerer is None:
            from xlforge.steps.answerers import Live

            self._answerer = Live(self.execution, self.record.usage)
        return self._answerer

    def rows(self, stage: str, item: str | None = None) -> pl.DataFrame:
        """What an earlier stage delivered; BuildError if it did not yet."""
        import polars as pl

        path = DATA / stage / (item or "") / "rows.parquet"
        if not path.exists():
            raise BuildError(f"{path} is missing: {self.stage} reads it; `dvc repro` builds it first")
        rows = pl.read_parquet(path)
        self.record.rows_in += len(rows)
        return rows

    def run(self, rows: list[Row]) -> list[Row]:
        """The rows after the stage's pipeline, rejected ones among them."""
        if not rows:
            return []
        return self.run_pipeline(
            self.module("pipeline").pipeline(self.context, [{**row, "reject": None} for row in rows])
        )

    def run_pipeline(self, pipeline: Pipeline) -> list[Row]:
        """The rows that a pipeline gives."""
        from xlforge.steps.runner import run

        return run(pipeline, self.answerer)

    def close(self) -> None:
        """Lets go of cache and engines."""
        if self._answerer is not None:
            self._answerer.close()
            self._answerer = None

    def deliver(
        self, made: list[dict[str, Any]], expected: Collection[str], metrics: dict[str, Any] | None = None
    ) -> None:
        """Rows, rejects and metrics of an LLM stage, from rows that carry `reject` marks."""
        from xlforge.base.frames import split

        rows, rejects = split(made, self.schema.Rows, self.stage)
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
        from xlforge.base.files import write_json, write_parquet

        reasons = self.accept(rows, rejects, expected, among)
        write_parquet(rows, self.out / "rows.parquet")
        counts: dict[str, Any] = {"rows": len(rows), "rejects": len(rejects), "reasons": reasons}
        if (requests := self.record.requests())["requests"]:
            counts["requests"] = requests
        write_json(counts | (metrics or {}), self.out / "metrics.json")
        self.write_code()

    def write_code(self) -> None:
        """Writes the fingerprint of the code that decided this stage's data, where no stage depends on it."""
        from xlforge.base.files import write_json
        from xlforge.stage.code import fingerprint

        version = getattr(self.params, "version", None)
        path = DATA / "code" / self.stage / f"{self.item}.json" if self.item else DATA / "code" / f"{self.stage}.json"
        write_json({"code": fingerprint(self.stage, self.item, version), "version": version}, path)

    def accept(
        self, rows: pl.DataFrame, rejects: pl.DataFrame, expected: Collection[str], among: int | None = None
    ) -> dict[str, int]:
        """Validates rows and rejects and writes the latter; raises BuildError when they are more than `max_reject_rate` allows.

        among: what the share of rejects is a share of, where that is more than the rows delivered. Above the share,
        `rejects.parquet` is there, complete, and nothing else is. Returns the rejects by reason.
        """
        from xlforge.base.files import write_parquet
        from xlforge.base.frames import Rejects, partition, valid

        if self._answerer is not None:
            self._answerer.check()
        partition(expected, rows, rejects)
        valid(rejects, Rejects, "rejects")
        valid(rows, self.schema.Rows, "rows")
        reasons = dict(sorted(rejects.group_by("reason").len().iter_rows()))
        self.record.rows_out, self.record.rejects = len(rows), len(rejects)
        write_parquet(rejects, self.out / "rejects.parquet")
        allowed = self.params.max_reject_rate
        among = among or len(expected)
        if len(rejects) > allowed * among:
            (self.out / "rows.parquet").unlink(missing_ok=True)
            raise BuildError(
                f"{len(rejects)} of {among} rows were rejected ({_listed(reasons)}), but "
                f"{self.stage}.max_reject_rate in params.yaml allows {allowed:.0%}; read {self.out / 'rejects.parquet'}, "
                "fix the cause or raise the share"
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
            f"left over from names that are no longer in params.yaml: {', '.join(left)}; remove them (`rm -r {' '.join(left)}`) "
            "or name them again"
        )


def _listed(reasons: dict[str, int]) -> str:
    return ", ".join(f"{count} {reason}" for reason, count in sorted(reasons.items(), key=lambda pair: -pair[1]))


def dvc_item(stage: str) -> str | None:
    """The item for which DVC runs the stage. It is not part of the command, since a shell would read it there."""
    return os.environ.get("DVC_STAGE", "").partition(f"{stage}@")[2] or None


def main(stage: str, work: Callable[[Stage], None]) -> None:
    """Runs a stage from the command line: `python -m stages.<stage> [ITEM] [--verbose]`, or from DVC."""
    parser = argparse.ArgumentParser(prog=f"python -m stages.{stage}", description=work.__doc__)
    parser.add_argument(
        "item", nargs="?", default=dvc_item(stage), help="the item of a matrix stage, such as a language code"
    )
    parser.add_argument("--verbose", action="store_true", help="show distilabel's own log")
    given = parser.parse_args()
    name = f"{stage}@{given.item}" if given.item else stage
    terminal.prepare()
    guard.die_with_parents()
    try:
        with guard.alone(stage):
            dvc_lock.save_copy()
            _run(stage, given.item, work, given.verbose or bool(os.environ.get("XLFORGE_VERBOSE")))
    except BuildError as error:
        sys.exit(f"{name}: {error}")
    except KeyboardInterrupt:
        sys.exit(f"{name}: interrupted; every response that arrived is in the cache")


def _run(stage: str, item: str | None, work: Callable[[Stage], None], verbose: bool) -> None:
    with uncollected():
        config = parameters.load()
    packages.check()
    # A killed run leaves its folder; whoever holds the lock is alone, so what lies here belongs to nobody.
    runs = Path(".xlforge", "run")
    shutil.rmtree(runs, ignore_errors=True)
    runs.mkdir(parents=True)
    folder = Path(tempfile.mkdtemp(prefix=f"{stage}-", dir=runs))
    # distilabel declares its fields in a way that today's pydantic warns about, once for each import.
    warnings.filterwarnings("ignore", module=r"pydantic\._internal\._generate_schema")
    os.environ["PYTHONWARNINGS"] = "ignore:The 'default' attribute"  # in the workers too
    os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"
    os.environ["DISTILABEL_LOG_LEVEL"] = "INFO" if verbose else "CRITICAL"
    started = time.monotonic()
    build = Stage(stage, item, config, folder)
    try:
        work(build)
    except BaseException:
        build.record.status = "failed"
        raise
    finally:
        build.close()
        build.record.seconds = time.monotonic() - started
        build.record.append()
        shutil.rmtree(folder, ignore_errors=True)

"""Plans the stages one after another: those that can be run dry are counted exactly, the others are estimated from their last run."""

from collections.abc import Sequence
from filecmp import cmp
from pathlib import Path

import orjson
import polars as pl

from xlforge.base.errors import BuildError
from xlforge.cache.cache import Cache
from xlforge.config.execution import Execution
from xlforge.config.params import Config, staged
from xlforge.plan.costs import Costs
from xlforge.plan.dry_stage import DryStage, NotBuilt, Outline, callers_of, rows_file
from xlforge.plan.past import Past
from xlforge.plan.planned import NOTHING, Estimate, Planned, total
from xlforge.plan.stale import Change, Entry
from xlforge.stage.stage import DATA
from xlforge.steps import unanswered
from xlforge.steps.answerers import Caller
from xlforge.steps.dry import Dry

_LONG = 60.0
"""A stage without calls that took more seconds than this last time is not run dry: its source is big."""


class Forecast:
    """Plans stages in the order they would run.

    Args:
        config: the checked params.
        execution: resolved.
        past: the run log.
        cache: where responses are looked up.
        folder: scratch space.
    """

    def __init__(self, config: Config, execution: Execution, past: Past, cache: Cache, folder: Path) -> None:
        self._config, self._past, self._cache, self._folder = config, past, cache, folder
        self._costs = Costs(config, execution, past)
        self._counted: set[str] = set()
        self._read: set[str] = set()
        self._ahead: dict[str, Path | None] = {}
        self._planned: dict[str, Planned] = {}

    def plan(self, entries: Sequence[Entry]) -> list[Planned]:
        """Those of the stages that would run."""
        self._read = {name for entry in entries if entry.stage in staged() for name in entry.parents}
        for entry in entries:
            before = [self._planned[name] for name in entry.upstream if name in self._planned]
            before = [each for each in before if each.same is not True]
            if entry.changes or before:
                self._planned[entry.name] = self._one(entry, before)
        return list(self._planned.values())

    def _one(self, entry: Entry, before: list[Planned]) -> Planned:
        sure = entry.changes or any(each.runs == "yes" and each.same is False for each in before)
        why = [*entry.changes, *(Change("upstream", each.name) for each in before)]
        planned = Planned(entry.name, "yes" if sure else "perhaps", why)
        self._ahead[entry.name] = None
        if failed := unanswered.described(entry.name):
            planned.note(failed)
        if not before and (kept := entry.restorable()) is not None:
            return self._restored(planned, kept)
        callers, dry = self._callers(entry), None
        if self._worth(entry, callers):
            dry = self._run_dry(planned, entry)
        still = self._open_rows(entry, dry)
        self._count_rows(planned, dry, still)
        self._costs.add(planned, callers, dry, still)
        return planned

    def _restored(self, planned: Planned, kept: dict[str, Path]) -> Planned:
        """dvc checks its outputs out: nothing is called, and later stages read what dvc kept."""
        planned.runs, here = "restored", rows_file(planned.name)
        if (path := kept.get(str(here))) is not None:
            self._ahead[planned.name] = path
            planned.delivered = pl.scan_parquet(path).select(pl.len()).collect().item()
            planned.same = here.exists() and cmp(path, here, shallow=False)
        return planned

    def _callers(self, entry: Entry) -> list[Caller]:
        if entry.stage not in staged():
            return []
        folder = self._folder / "outlines" / entry.name
        return callers_of(entry, Outline(entry.name, self._config, folder, Dry(self._cache, set())))

    def _worth(self, entry: Entry, callers: list[Caller]) -> bool:
        """Whether a dry run is possible, and worth its time: its stage calls models, or others read its rows and its source is small."""
        others = [name for name in entry.upstream if name not in entry.parents]
        if entry.stage not in staged() or any(self._ahead.get(name, DATA) is None for name in others):
            return False
        source, runs = getattr(self._config.block(entry.stage), "source", None), self._past.runs(entry.name)
        small = getattr(source, "kind", None) != "hub" and (not runs or runs[-1].get("seconds", 0) <= _LONG)
        return bool(callers) or (small and entry.name in self._read)

    def _run_dry(self, planned: Planned, entry: Entry) -> DryStage | None:
        """The stage after its dry run; None where it fails."""
        answerer = Dry(self._cache, set(self._counted))
        dry = DryStage(entry.name, self._config, self._folder / entry.name, answerer, self._ahead)
        try:
            dry.work()
        except (NotBuilt, OSError):
            return None
        except Exception as error:  # rows that lack a response are left out, which the work of a stage need not expect
            kind = "" if isinstance(error, BuildError) else f"{type(error).__name__}: "
            planned.note(f"could not be run dry: {kind}{error}")
            return None
        self._counted, self._ahead[entry.name] = dry.dry.counted, dry.out / "rows.parquet"
        if dry.waiting or dry.dry.lacks:
            planned.same = False
        elif self._pending(entry) == NOTHING:
            planned.same = dry.same()
        return dry

    def _pending(self, entry: Entry) -> Estimate | None:
        """The rows that its parents will deliver beyond those that a dry run can read."""
        parts = [self._planned[name].pending for name in entry.parents if name in self._planned]
        return None if None in parts else total(parts)

    def _open_rows(self, entry: Entry, dry: DryStage | None) -> Estimate | None:
        """The rows that a stage reads whose calls are not followed to the end: all of them where it was not run dry."""
        if dry is not None:
            pending = self._pending(entry)
            return pending and pending + Estimate(dry.waiting_in, exact=True)
        if entry.parents:
            parts = [self._rows_of(name) for name in entry.parents]
            return None if None in parts else total(parts)
        return self._scaled(entry)

    def _scaled(self, entry: Entry) -> Estimate | None:
        """The rows of the last run, scaled by what the stages before it deliver now; without a run, as many as are to be sampled."""
        if not (runs := self._past.runs(entry.name)):
            sample = getattr(self._config.block(entry.stage), "sample", None)
            return sample and Estimate(sample)
        now = then = 0.0
        for name in entry.upstream:
            rows, last = self._rows_of(name), self._past.runs(name)[-1:]
            if rows is not None and last:
                now, then = now + rows.value, then + last[0].get("rows_out", 0)
        return Estimate(runs[-1].get("rows_in", 0) * (now / then if then else 1))

    def _rows_of(self, name: str) -> Estimate | None:
        """What a stage delivers: as planned, or as it is."""
        if name in self._planned:
            return self._planned[name].rows_out
        path = rows_file(name).with_name("metrics.json")
        rows = orjson.loads(path.read_bytes()).get("rows") if path.exists() else None
        return None if rows is None else Estimate(rows, exact=True)

    def _count_rows(self, planned: Planned, dry: DryStage | None, still: Estimate | None) -> None:
        """Rows in, and rows out for the stages after it."""
        each = self._past.ratio(planned.name, ["rows_out"], ["rows_in"])
        if dry is not None and dry.record.rows_in and (each is None or planned.changed):
            each = dry.expected / dry.record.rows_in
        if each is None:
            each = getattr(self._config.block(planned.stage), "candidates", 1)
        followed = dry.record.rows_in - dry.waiting_in if dry else 0
        planned.rows = still and still + Estimate(followed, exact=True)
        planned.delivered = dry.record.rows_out if dry else 0
        planned.pending = still and still * each

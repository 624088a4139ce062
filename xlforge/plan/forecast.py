"""The plan: which stages would run, what each would buy and take, and how sure that is.

A stage whose inputs are there, or can be rehearsed, is counted exactly; what hangs on answers or rows that are still to be made is
estimated from past runs.
"""

from __future__ import annotations

from collections.abc import Iterable
from filecmp import cmp
from pathlib import Path
from typing import TYPE_CHECKING

import orjson

from xlforge.base.errors import BuildError
from xlforge.config.params import Config
from xlforge.plan import guesses
from xlforge.plan.costs import ASKING, Costs, asks
from xlforge.plan.past import Lengths, Past, ratio
from xlforge.plan.planned import Planned
from xlforge.plan.ranges import NOTHING, Range, total
from xlforge.plan.stale import Change, Entry

if TYPE_CHECKING:
    from xlforge.cache import Cache
    from xlforge.plan.rehearsal import Counted

DATA = Path("data")
_LONG = 60.0


class Forecast:
    """Plans stages one after another, in the order they would run.

    config: the checked params. folder: scratch space.
    """

    def __init__(self, config: Config, past: Past, lengths: Lengths, store: Cache, folder: Path) -> None:
        self._config, self._past, self._store, self._folder = config, past, store, folder
        self._costs = Costs(config, past, lengths)
        self._seen: set[str] = set()
        self._ahead: dict[str, Path | None] = {}
        self._planned: dict[str, Planned] = {}

    def plan(self, entries: Iterable[Entry]) -> list[Planned]:
        """Those of the stages that would run."""
        for entry in entries:
            before = [self._planned[name] for name in entry.upstream if name in self._planned]
            before = [each for each in before if each.same is not True]
            if entry.changes or before:
                self._planned[entry.name] = self._one(entry, before)
        return list(self._planned.values())

    def _one(self, entry: Entry, before: list[Planned]) -> Planned:
        sure = entry.changes or any(each.runs == "yes" and each.same is False for each in before)
        changes = [*entry.changes, *(Change("upstream", each.name) for each in before)]
        planned = Planned(entry.name, "yes" if sure else "perhaps", changes)
        if not before and (kept := entry.restorable()) is not None:
            return self._restored(planned, entry, kept)
        counted = self._rehearsed(planned, entry)
        unread = NOTHING if counted is None else self._unread(entry)
        self._rows(planned, entry, counted, unread)
        self._costs.add(planned, entry, counted, unread)
        by = "calls" if asks(self._config, entry.stage) else "rows_in"
        number = planned.calls if by == "calls" else planned.rows
        planned.seconds = number and self._past.seconds(entry.stage, entry.item, by, number)
        if counted is not None and guesses.NOTE not in planned.notes:
            self._suppose(entry, planned)
        return planned

    def _suppose(self, entry: Entry, planned: Planned) -> None:
        """What was counted here tells of items of the stage that cannot be rehearsed."""
        told = (planned.rows, planned.rows_out, planned.calls, planned.tokens_in, planned.tokens_out)
        rows_in, rows_out, calls, read, wrote = (each.value if each else 0 for each in told)
        run = {"rows_in": rows_in, "rows_out": rows_out, "calls": calls, "hits": planned.held}
        self._past.suppose({"stage": entry.stage, "item": entry.item, "tokens_in": read, "tokens_out": wrote, **run})

    def _restored(self, planned: Planned, entry: Entry, kept: dict[str, Path]) -> Planned:
        """dvc checks its outs out: nothing is asked, and later stages read what it kept."""
        import polars as pl

        planned.runs, planned.calls, planned.tokens_in, planned.tokens_out = "restored", NOTHING, NOTHING, NOTHING
        planned.money, planned.seconds = NOTHING, NOTHING
        here = _rows_file(entry.name)
        path = kept.get(str(here))
        self._ahead[entry.name] = path
        if path is not None:
            planned.known_out = pl.scan_parquet(path).select(pl.len()).collect().item()
            planned.same = here.exists() and cmp(path, here, shallow=False)
        return planned

    def _rehearsed(self, planned: Planned, entry: Entry) -> Counted | None:
        """Counts what a stage would ask; None where it cannot be rehearsed."""
        from xlforge.plan.rehearsal import NotThere, Tally, rehearse

        self._ahead[entry.name] = None
        made = any(self._ahead.get(name, DATA) is None for name in entry.upstream if name not in entry.parents)
        if made or not self._quick(entry):
            return None
        folder = self._folder / entry.name
        try:
            counted = rehearse(entry.name, self._config, folder, self._ahead, Tally(self._store, self._seen))
        except NotThere:
            return None
        except BuildError as error:
            planned.notes.append(f"could not be rehearsed: {error}")
            return None
        path, here = folder / "out" / "rows.parquet", _rows_file(entry.name)
        self._ahead[entry.name] = path
        if counted.waiting:
            planned.same = False
        elif self._unread(entry) == NOTHING:
            planned.same = here.exists() and cmp(path, here, shallow=False)
        return counted

    def _quick(self, entry: Entry) -> bool:
        """Whether a rehearsal takes little: a stage that asks, or one that reads local files and was soon done."""
        if entry.stage in ASKING:
            return asks(self._config, entry.stage)
        if entry.stage not in ("seeds", "benchmark") or self._config.block(entry.stage).source.kind == "hub":
            return False
        return (self._past.last(entry.stage, entry.item, "seconds") or 0.0) <= _LONG

    def _unread(self, entry: Entry) -> Range | None:
        """The rows that will be there beside those that a rehearsal could read."""
        unread = [self._planned[name].unknown_out for name in entry.parents if name in self._planned]
        return None if None in unread else total(unread)

    def _rows(self, planned: Planned, entry: Entry, counted: Counted | None, unread: Range | None) -> None:
        """Rows in, and rows out for those that come after."""
        each = self._past.ratio(entry.stage, entry.item, ["rows_out"], "rows_in")
        guess = guesses.rows_a_row(self._config, entry.stage)
        if counted is None:
            planned.rows, each = self._read(entry), each or guess
            planned.unknown_out = planned.rows and each and planned.rows * each
            planned.unknown_out = planned.unknown_out or guesses.sampled(self._config, entry.stage)
            return
        planned.known_out = counted.rows_out
        planned.rows = unread and Range.of(counted.rows_in) + unread
        waiting = Range.of(counted.rows_in * counted.waiting / max(counted.expected, 1))
        if each is None and counted.rows_in:
            each = ratio([(counted.expected, counted.rows_in)])
        each = each or guess
        if unread is None or (counted.waiting or unread.high):
            planned.unknown_out = unread and each and (waiting + unread) * each

    def _read(self, entry: Entry) -> Range | None:
        """The rows that a stage reads which could not be rehearsed."""
        if not entry.parents:
            return self._grown(entry)
        parts = [self._rows_of(name) for name in entry.parents]
        return None if None in parts else total(parts)

    def _rows_of(self, name: str) -> Range | None:
        """What a stage delivers, planned or as it lies."""
        if name in self._planned:
            return self._planned[name].rows_out
        path = _rows_file(name).with_name("metrics.json")
        rows = orjson.loads(path.read_bytes()).get("rows") if path.exists() else None
        return None if rows is None else Range.of(rows)

    def _grown(self, entry: Entry) -> Range | None:
        """The rows of the last run, as much more or less as the stages before it deliver."""
        last = self._past.last(entry.stage, entry.item, "rows_in")
        grown = ratio(
            [
                (now.value, then)
                for name in entry.upstream
                if (now := self._rows_of(name)) is not None and (then := self._past.last(*_parts(name), "rows_out"))
            ]
        )
        return None if last is None else Range.of(last) * (grown or Range.of(1))


def _parts(name: str) -> tuple[str, str | None]:
    stage, _, item = name.partition("@")
    return stage, item or None


def _rows_file(name: str) -> Path:
    stage, item = _parts(name)
    return DATA / stage / (item or "") / "rows.parquet"

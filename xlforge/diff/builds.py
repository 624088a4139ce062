"""Two builds, compared: everything that `xlforge diff` shows, as data."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from xlforge.diff import metrics, tables
from xlforge.diff.sides import FOLDER, Out, Side
from xlforge.diff.words import as_text, differences

Entry = dict[str, Any]
_DERIVED = {".md", ".csv", ".html"}
"""Pages and tables made from the rows and metrics that are compared themselves."""
_COUNTS = ("rows", "rejects", "reasons")
"""Metrics that repeat what the tables of rows show; they are compared only where the tables are not."""
_SAMPLED = ("rows", "rejects")
_UNBUILT = "has no dvc.lock, or an empty one: nothing was built there"


@dataclass
class _Pair:
    """One file on both sides. old, new: where its bytes are."""

    path: str
    before: Out | None
    after: Out | None
    old: Path | None = None
    new: Path | None = None

    @property
    def stage(self) -> str:
        return (self.after or self.before).stage  # type: ignore[union-attr]

    @property
    def item(self) -> str | None:
        return self.stage.partition("@")[2] or None

    @property
    def table(self) -> str:
        """`rows`, `rejects`, `candidates`; a config's file is `bestof3/german`."""
        folder = f"data/{self.stage.replace('@', '/')}/"
        return Path(self.path.removeprefix(folder)).with_suffix("").as_posix()

    @property
    def kind(self) -> str:
        return "added" if self.before is None else "removed" if self.after is None else "changed"

    @property
    def complete(self) -> bool:
        """Whether the bytes of both sides are available."""
        return (self.before is None or self.old is not None) and (self.after is None or self.new is not None)


def compare(before: Side, after: Side, samples: int) -> Entry:
    """What differs between two builds: before, after, differs, tables, reasons, moved, metrics, files, not_compared and notes.

    Args:
        samples: rows of each kind that are shown from a table.
    """
    changed = _changed(before, after)
    parquet = [pair for pair in changed if pair.path.endswith(".parquet")]
    before.fetch(pair.before for pair in parquet if pair.before)
    after.fetch(pair.after for pair in parquet if pair.after)
    for pair in changed:
        pair.old, pair.new = before.place(pair.before), after.place(pair.after)
    closed = [pair for pair in changed if not pair.complete and (pair in parquet or _is_folder(pair))]
    blind = {pair.stage for pair in closed}
    rows = [pair for pair in parquet if pair not in closed and tables.has_ids(pair.old) and tables.has_ids(pair.new)]
    files = [pair for pair in changed if pair not in rows and pair not in closed and not _is_derived(pair.path)]
    found: Entry = {
        "before": {"name": before.name, "commit": before.commit},
        "after": {"name": after.name, "commit": after.commit},
        "tables": [entry for pair in rows for entry in _table(pair, samples)],
        "reasons": [entry for pair in rows if pair.table == "rejects" for entry in _reasons(pair)],
        "moved": [entry for pair in rows if pair.table == "rows" for entry in _moved(pair, rows)],
        "metrics": [entry for pair in changed for entry in _metrics(pair, before, after, pair.stage in blind)],
        "files": [{"path": pair.path, "is": pair.kind} for pair in files],
        "not_compared": [{"path": pair.path, "why": _why(pair, before, after)} for pair in closed],
        "notes": [f"{each.name} {_UNBUILT}" for each in (before, after) if not each.outs],
    }
    return found | {"differs": any(found[name] for name in ("tables", "reasons", "metrics", "files", "not_compared"))}


def _changed(before: Side, after: Side) -> list[_Pair]:
    """The files that differ, in the order of dvc.lock. A folder that one side cannot list stands for its files on both."""
    old, new = before.files(), after.files()
    closed = tuple(f"{out.path}/" for out in [*old.values(), *new.values()] if out.md5.endswith(FOLDER))
    order = list(dict.fromkeys(out.stage for out in [*new.values(), *old.values()]))
    pairs = [_Pair(path, old.get(path), new.get(path)) for path in sorted(old.keys() | new.keys())]
    pairs = [pair for pair in pairs if (pair.before and pair.before.md5) != (pair.after and pair.after.md5)]
    pairs = [pair for pair in pairs if not pair.path.startswith(closed)]
    return sorted(pairs, key=lambda pair: order.index(pair.stage))


def _is_folder(pair: _Pair) -> bool:
    return any(out is not None and out.md5.endswith(FOLDER) for out in (pair.before, pair.after))


def _is_derived(path: str) -> bool:
    """Whether a file only repeats rows and metrics that are compared themselves."""
    return path.startswith("data/") and (Path(path).suffix in _DERIVED or Path(path).name == "metrics.json")


def _why(pair: _Pair, before: Side, after: Side) -> str:
    side = before if pair.before and pair.old is None else after
    return f"neither in the working tree nor in the DVC cache, and not fetched: {side.why}"


def _table(pair: _Pair, samples: int) -> Iterator[Entry]:
    found = tables.compared(pair.old, pair.new, pair.item, samples if pair.table in _SAMPLED else 0)
    if found:
        shown = {kind: [_sample(*rows) for rows in pairs] for kind, pairs in found["samples"].items() if pairs}
        yield {"stage": pair.stage, "item": pair.item, "table": pair.table, **found, "samples": shown}


def _sample(old: Entry | None, new: Entry | None) -> Entry:
    """One row: whole where only one side has it, and column by column where both do; texts word by word."""
    if old is None or new is None:
        row = old or new or {}
        return {"id": row["id"], "row": {name: row[name] for name in row if name not in ("id", "provenance")}}
    changed = [name for name in old if name in new and old[name] != new[name]]
    return {"id": old["id"], "columns": {name: _change(old[name], new[name]) for name in changed}}


def _change(old: Any, new: Any) -> Entry:
    if isinstance(old, str | list) or isinstance(new, str | list):
        return {"words": differences(as_text(old), as_text(new))}
    return {"before": old, "after": new}


def _reasons(pair: _Pair) -> Iterator[Entry]:
    """How many rows each reason rejected, where that differs."""
    old, new = (tables.reasons(path, pair.item) for path in (pair.old, pair.new))
    for language, reason in sorted(old.keys() | new.keys()):
        was, now = old.get((language, reason), 0), new.get((language, reason), 0)
        if was != now:
            place = {"stage": pair.stage, "language": language, "reason": reason}
            yield place | {"before": was, "after": now, "change": now - was}


def _moved(rows: _Pair, pairs: list[_Pair]) -> Iterator[Entry]:
    """How many rows of a stage went from the kept ones to the rejects, and back."""
    for rejects in pairs:
        if (rejects.stage, rejects.table) == (rows.stage, "rejects"):
            rejected, kept = tables.moved(rows.old, rejects.new), tables.moved(rows.new, rejects.old)
            if rejected or kept:
                yield {"stage": rows.stage, "now_rejected": rejected, "now_kept": kept}


def _metrics(pair: _Pair, before: Side, after: Side, counts: bool) -> Iterator[Entry]:
    """Figures that differ. counts: whether those of rows and rejects are among them."""
    if Path(pair.path).name == "metrics.json":
        old, new = (orjson.loads(each.text(pair.path) or "{}") for each in (before, after))
        for figure in metrics.compared(old, new):
            if counts or figure["figure"].partition(".")[0] not in _COUNTS:
                yield {"stage": pair.stage, **figure}

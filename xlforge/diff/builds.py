"""Two builds, compared: everything `xlforge diff` tells, as data."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from xlforge.diff import metrics, tables
from xlforge.diff.sides import Cache, Out, Side, files
from xlforge.diff.words import as_text, differences

Told = dict[str, Any]
_DERIVED = {".md", ".csv", ".html"}
"""Pages and tables made from the rows and figures that are compared themselves."""
_COUNTED = ("rows", "rejects", "reasons")
"""Figures that say what the tables of rows say, told where those could not be compared."""
_SAMPLED = ("rows", "rejects")


@dataclass
class _Pair:
    """One file on both sides."""

    path: str
    before: Out | None
    after: Out | None

    @property
    def stage(self) -> str:
        out = self.after or self.before
        assert out is not None
        return out.stage

    @property
    def item(self) -> str | None:
        return self.stage.partition("@")[2] or None

    @property
    def table(self) -> str:
        """`rows`, `rejects`, `candidates`; a config's file is `bestof3/german`."""
        stem = Path(self.path).with_suffix("")
        return "/".join(stem.parts[len(Path("data", *self.stage.split("@")).parts) :]) or stem.name

    @property
    def differs(self) -> bool:
        return (self.before and self.before.md5) != (self.after and self.after.md5)


def compare(before: Side, after: Side, samples: int) -> Told:
    """What is otherwise in `after`: a mapping with before, after, differs, tables, reasons, moved, metrics, files, not_compared, notes.

    samples: rows of each kind that are shown from a table.
    """
    cache = Cache()
    (old, closed_old), (new, closed_new) = files(before, cache), files(after, cache)
    pairs = [_Pair(path, old.get(path), new.get(path)) for path in sorted(old.keys() | new.keys())]
    open_pairs = [pair for pair in pairs if pair.differs]
    closed = sorted(closed_old | closed_new)
    open_pairs = [pair for pair in open_pairs if not any(pair.path.startswith(f"{path}/") for path in closed)]
    parquet = [pair for pair in open_pairs if pair.path.endswith(".parquet")]
    cache.fetch(
        out.md5 for whose, out in _wanted(before, after, parquet) if cache.file(whose, out.path, out.md5) is None
    )
    told: Told = {"before": _named(before), "after": _named(after), "tables": [], "moved": [], "files": []}
    told["not_compared"] = [
        {"path": path, "why": _why(cache)} for path in closed if _locked(before, path) != _locked(after, path)
    ]
    told["notes"] = [
        f"{whose.name} has no dvc.lock, or one that names nothing: nothing was built there"
        for whose in (before, after)
        if not whose.outs
    ]
    had = [pair for pair in parquet if _to_be_had(pair, before, after, cache)]
    told["not_compared"] += [{"path": pair.path, "why": _why(cache)} for pair in parquet if pair not in had]
    for pair in had:
        places = _places(pair, before, after, cache)
        if not all(tables.has_ids(path) for path in places if path):
            told["files"].append({"path": pair.path, "is": _kind(pair)})
            continue
        found = tables.compared(*places, pair.item, samples if pair.table in _SAMPLED else 0)
        if found.differs:
            told["tables"].append({"stage": pair.stage, "item": pair.item, "table": pair.table, **_table(found)})
    told["reasons"] = _reasons(had, before, after, cache)
    told["moved"] = _moved(pairs, before, after, cache)
    told["metrics"] = _metrics(pairs, before, after, {pair.stage for pair in parquet if pair not in had})
    others = [pair for pair in open_pairs if pair not in parquet and not _told_elsewhere(pair.path)]
    told["files"] += [{"path": pair.path, "is": _kind(pair)} for pair in others]
    order = list(dict.fromkeys(out.stage for out in [*after.outs.values(), *before.outs.values()]))
    for name in ("tables", "reasons", "moved", "metrics"):
        told[name].sort(key=lambda entry: order.index(entry["stage"]))
    told["differs"] = any(told[name] for name in ("tables", "reasons", "metrics", "files", "not_compared"))
    return told


def _named(whose: Side) -> Told:
    return {"name": whose.name, "commit": whose.commit}


def _locked(whose: Side, path: str) -> str | None:
    return whose.outs[path].md5 if path in whose.outs else None


def _wanted(before: Side, after: Side, pairs: list[_Pair]) -> list[tuple[Side, Out]]:
    sides = [(whose, out) for pair in pairs for whose, out in ((before, pair.before), (after, pair.after))]
    return [(whose, out) for whose, out in sides if out is not None]


def _places(pair: _Pair, before: Side, after: Side, cache: Cache) -> tuple[Path | None, Path | None]:
    """Where the bytes of both sides lie; None for a side that has no such file."""
    old = cache.file(before, pair.path, pair.before.md5) if pair.before else None
    return old, cache.file(after, pair.path, pair.after.md5) if pair.after else None


def _to_be_had(pair: _Pair, before: Side, after: Side, cache: Cache) -> bool:
    old, new = _places(pair, before, after, cache)
    return (old is not None or pair.before is None) and (new is not None or pair.after is None)


def _why(cache: Cache) -> str:
    return f"neither in the working tree nor in the DVC cache, and not fetched: {cache.why or 'the remote does not have it'}"


def _told_elsewhere(path: str) -> bool:
    """Whether a file only says what rows and figures say that are compared themselves."""
    return Path(path).parts[0] == "data" and (Path(path).suffix in _DERIVED or Path(path).name == "metrics.json")


def _kind(pair: _Pair) -> str:
    return "added" if pair.before is None else "removed" if pair.after is None else "changed"


def _table(found: tables.Compared) -> Told:
    shown = {
        kind: [_sample(old, new) for old, new in found.samples.get(kind, [])]
        for kind in tables.KINDS
        if found.samples.get(kind)
    }
    return {**{name: value for name, value in vars(found).items() if name != "samples"}, "samples": shown}


def _sample(old: Told | None, new: Told | None) -> Told:
    """One row: whole where only one side has it, and column by column where both do; texts word by word."""
    if old is None or new is None:
        row = old or new or {}
        return {
            "id": row["id"],
            "row": {name: value for name, value in row.items() if name not in ("id", "provenance")},
        }
    changed = [name for name in old if name in new and old[name] != new[name]]
    return {"id": old["id"], "columns": {name: _change(old[name], new[name]) for name in changed}}


def _change(old: Any, new: Any) -> Told:
    if isinstance(old, str | list) or isinstance(new, str | list):
        return {"words": differences(as_text(old), as_text(new))}
    return {"before": old, "after": new}


def _reasons(had: list[_Pair], before: Side, after: Side, cache: Cache) -> list[Told]:
    """How many rows each reason set aside, where that is otherwise."""
    out = []
    for pair in had:
        if pair.table == "rejects":
            old, new = (tables.reasons(path, pair.item) for path in _places(pair, before, after, cache))
            out += [
                {"stage": pair.stage, "language": language, "reason": reason, "before": was, "after": now}
                for language, reason in sorted(old.keys() | new.keys())
                if (was := old.get((language, reason), 0)) != (now := new.get((language, reason), 0))
            ]
    return out


def _moved(pairs: list[_Pair], before: Side, after: Side, cache: Cache) -> list[Told]:
    """Rows that went from those kept to those set aside, and the other way."""
    out = []
    by_table = {(pair.stage, pair.table): pair for pair in pairs}
    for (stage, table), rows in by_table.items():
        rejects = by_table.get((stage, "rejects"))
        if table != "rows" or rejects is None or not (rows.differs and rejects.differs):
            continue
        kept, aside = _places(rows, before, after, cache), _places(rejects, before, after, cache)
        told = {"now_set_aside": tables.moved(kept[0], aside[1]), "now_kept": tables.moved(kept[1], aside[0])}
        if any(told.values()):
            out.append({"stage": stage, **told})
    return out


def _metrics(pairs: list[_Pair], before: Side, after: Side, blind: set[str]) -> list[Told]:
    """Figures that are otherwise. blind: stages whose rows were not compared, of which the counts are told too."""
    out = []
    for pair in pairs:
        if Path(pair.path).name != "metrics.json" or not pair.differs:
            continue
        old, new = _figures(before, pair.before), _figures(after, pair.after)
        if pair.stage not in blind:
            old, new = ({key: value for key, value in figures.items() if key not in _COUNTED} for figures in (old, new))
        out += [{"stage": pair.stage, **figure} for figure in metrics.compared(old, new)]
    return out


def _figures(whose: Side, out: Out | None) -> Told:
    content = whose.text(out.path) if out else None
    found: Told = orjson.loads(content) if content else {}
    return found

"""Two tables of rows, compared by id: what was added, removed and changed, by language and column, and samples of each.

Columns are compared by 64-bit hashes and read as a stream, so that memory holds ids and hashes of a million rows and never their
words. The order of rows is nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from xlforge.base.errors import BuildError
from xlforge.languages.registry import LANGUAGES

Row = dict[str, Any]
KINDS = ("added", "removed", "changed")
_CODES = "|".join(LANGUAGES)
_LANGUAGE = "language of the row"


@dataclass
class Compared:
    """One table on both sides.

    languages: by code (`-` where none is known) the counts before, after, added, removed, changed. columns: how many changed rows differ in
    each. only_before, only_after: columns that one side lacks. samples: by kind, pairs of a row before and after.
    """

    languages: dict[str, dict[str, int]] = field(default_factory=dict)
    columns: dict[str, int] = field(default_factory=dict)
    only_before: list[str] = field(default_factory=list)
    only_after: list[str] = field(default_factory=list)
    samples: dict[str, list[tuple[Row | None, Row | None]]] = field(default_factory=dict)

    @property
    def differs(self) -> bool:
        """Whether there is more to it than another order of rows."""
        return bool(self.only_before or self.only_after) or any(
            count[kind] for count in self.languages.values() for kind in KINDS
        )


def has_ids(path: Path) -> bool:
    """Whether a parquet file is a table of rows."""
    return "id" in pl.scan_parquet(path).collect_schema()


def compared(before: Path | None, after: Path | None, item: str | None, samples: int) -> Compared:
    """The rows of two parquet files; None for a side that has no such table.

    item: the stage's; its rows are in that language where it is a code. samples: of each kind, drawn by a hash of the id.
    Raises BuildError where an id stands twice in a table.
    """
    sides = [pl.scan_parquet(path) if path else None for path in (before, after)]
    names = [scan.collect_schema().names() if scan is not None else None for scan in sides]
    have = [set(name) for name in names if name is not None]
    common = set.intersection(*have) - {"id"}
    there, here = (_hashed(scan, sorted(common), item) for scan in sides)
    joined = _joined(there, here, sorted(common))
    found = Compared(languages=_counts(joined))
    changed = joined.filter(pl.col("kind") == "changed")
    if len(changed):
        sums = changed.select(pl.col(f"{name} otherwise").sum() for name in sorted(common)).row(0, named=True)
        found.columns = {name.removesuffix(" otherwise"): count for name, count in sums.items() if count}
    if before and after:
        found.only_before, found.only_after = sorted(have[0] - have[1]), sorted(have[1] - have[0])
    for kind in KINDS:
        ids = (
            joined.filter(pl.col("kind") == kind).select("id").sort(pl.col("id").hash(0)).head(samples)["id"].to_list()
        )
        rows = [_rows(scan, ids) for scan in sides]
        found.samples[kind] = [(rows[0].get(name), rows[1].get(name)) for name in sorted(ids)]
    return found


def _hashed(scan: pl.LazyFrame | None, columns: list[str], item: str | None) -> pl.DataFrame:
    """id, language, and a hash for every column."""
    if scan is None:
        return pl.DataFrame(schema={"id": pl.String, _LANGUAGE: pl.String} | dict.fromkeys(columns, pl.UInt64))
    made = [pl.col(name).hash(0) for name in columns]
    frame = scan.select("id", _language(scan, item).alias(_LANGUAGE), *made).collect(engine="streaming")
    if frame["id"].n_unique() < len(frame):
        raise BuildError(
            "an id stands twice in a table, so its rows cannot be told apart: this build is broken, run `dvc repro`"
        )
    return frame


def _language(scan: pl.LazyFrame, item: str | None) -> pl.Expr:
    if item in LANGUAGES:
        return pl.lit(item)
    if "language" in scan.collect_schema():
        return pl.col("language")
    return pl.col("id").str.extract(rf"/({_CODES})(?:/[^/]*)?$").fill_null("en")


def _joined(before: pl.DataFrame, after: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Every id with its language, whether it was added, removed, changed or is the same, and which columns are otherwise."""
    there = before.with_columns(before=pl.lit(True)).lazy()
    here = after.with_columns(after=pl.lit(True)).lazy()
    otherwise = [pl.col(name).ne_missing(pl.col(f"{name}_after")).alias(f"{name} otherwise") for name in columns]
    kind = (
        pl.when(pl.col("before").is_null())
        .then(pl.lit("added"))
        .when(pl.col("after").is_null())
        .then(pl.lit("removed"))
        .when(pl.any_horizontal(False, *(f"{name} otherwise" for name in columns)))
        .then(pl.lit("changed"))
        .otherwise(pl.lit("same"))
    )
    language = pl.coalesce(f"{_LANGUAGE}_after", _LANGUAGE)
    both = there.join(here, on="id", how="full", coalesce=True, suffix="_after").with_columns(otherwise)
    return both.select("id", language.alias("language"), kind.alias("kind"), pl.col("^.* otherwise$")).collect(
        engine="streaming"
    )


def _counts(joined: pl.DataFrame) -> dict[str, dict[str, int]]:
    sums = {kind: (pl.col("kind") == kind).sum() for kind in (*KINDS, "same")}
    found: dict[str, dict[str, int]] = {}
    for row in joined.group_by("language").agg(**sums).sort("language").to_dicts():
        stayed = row["changed"] + row["same"]
        counts = {"before": stayed + row["removed"], "after": stayed + row["added"]}
        found[row["language"] or "-"] = counts | {kind: row[kind] for kind in KINDS}
    return found


def _rows(scan: pl.LazyFrame | None, ids: list[str]) -> dict[str, Row]:
    if scan is None or not ids:
        return {}
    return {row["id"]: row for row in scan.filter(pl.col("id").is_in(ids)).collect(engine="streaming").to_dicts()}


def reasons(path: Path | None, item: str | None) -> dict[tuple[str, str], int]:
    """How many rows a rejects table holds, by language and reason."""
    if path is None:
        return {}
    scan = pl.scan_parquet(path)
    counted = scan.group_by(_language(scan, item).alias(_LANGUAGE), "reason").len().collect()
    return {(language, reason): count for language, reason, count in counted.iter_rows()}


def moved(rows: Path | None, rejects: Path | None) -> int:
    """How many ids of a table of rows stand among the rejects of the other side."""
    if rows is None or rejects is None:
        return 0
    ids = pl.scan_parquet(rejects).select("id")
    return int(pl.scan_parquet(rows).select("id").join(ids, on="id", how="semi").select(pl.len()).collect().item())

"""Two tables of rows, compared by id: what was added, removed and changed, by language and column, and samples of each.

Columns are compared by 64-bit hashes and read as a stream, so memory holds the ids and hashes of a million rows and never their texts.
The order of rows does not matter.
"""

from pathlib import Path
from typing import Any

import polars as pl

from xlforge.base.errors import BuildError
from xlforge.languages.registry import LANGUAGES

Row = dict[str, Any]
KINDS = ("added", "removed", "changed")
_CODES = "|".join(LANGUAGES)
_LANGUAGE = "language of the row"


def has_ids(path: Path | None) -> bool:
    """Whether a parquet file is a table of rows; so is one that does not exist."""
    return path is None or "id" in pl.scan_parquet(path).collect_schema()


def compared(before: Path | None, after: Path | None, item: str | None, samples: int) -> dict[str, Any]:
    """The rows of two parquet files; None for a side that has no such table.

    Args:
        item: the stage's; its rows are in that language where it is a code.
        samples: of each kind, chosen by a hash of the id.

    Returns:
        languages: by code (`-` where none is known) the counts before, after, added, removed, changed. columns: how many changed rows
        differ in each. only_before, only_after: columns that one side lacks. samples: by kind, pairs of a row before and after. Empty
        where nothing but the order of rows differs.

    Raises:
        BuildError: an id stands twice in a table.
    """
    scans = [pl.scan_parquet(path) if path else None for path in (before, after)]
    old, new = (set(scan.collect_schema()) if scan is not None else None for scan in scans)
    common = sorted((old or new or set()) & (new or old or set()) - {"id"})
    there, here = (_hashed(scan, common, item) for scan in scans)
    joined = _joined(there, here, common)
    lost, new_columns = (sorted(one - other) if one and other else [] for one, other in ((old, new), (new, old)))
    if not lost and not new_columns and (joined["kind"] == "same").all():
        return {}
    samples_of: dict[str, list[tuple[Row | None, Row | None]]] = {}
    for kind in KINDS:
        ids = joined.filter(pl.col("kind") == kind).select("id").sort(pl.col("id").hash(0)).head(samples)["id"]
        was, now = (_rows(scan, ids) for scan in scans)
        samples_of[kind] = [(was.get(row_id), now.get(row_id)) for row_id in ids.sort()]
    found = {"languages": _counts(joined), "columns": _columns(joined, common), "samples": samples_of}
    return found | {"only_before": lost, "only_after": new_columns}


def _hashed(scan: pl.LazyFrame | None, columns: list[str], item: str | None) -> pl.DataFrame:
    """id, language, and a hash for every column."""
    if scan is None:
        return pl.DataFrame(schema={"id": pl.String, _LANGUAGE: pl.String} | dict.fromkeys(columns, pl.UInt64))
    hashes = [pl.col(name).hash(0) for name in columns]
    frame = scan.select("id", _language(scan, item).alias(_LANGUAGE), *hashes).collect(engine="streaming")
    if frame["id"].n_unique() < len(frame):
        raise BuildError("an id stands twice in a table, so rows cannot be matched: run `dvc repro` to rebuild it")
    return frame


def _language(scan: pl.LazyFrame, item: str | None) -> pl.Expr:
    if item in LANGUAGES:
        return pl.lit(item)
    if "language" in scan.collect_schema():
        return pl.col("language")
    return pl.col("id").str.extract(rf"/({_CODES})(?:/[^/]*)?$").fill_null("en")


def _joined(before: pl.DataFrame, after: pl.DataFrame, columns: list[str]) -> pl.DataFrame:
    """Every id with its language, its kind (one of KINDS or `same`), and for each column whether it changed."""
    changes = {f"{name} changed": pl.col(name).ne_missing(pl.col(f"{name}_after")) for name in columns}
    is_added, is_removed = pl.col("before").is_null(), pl.col("after").is_null()
    cases = zip(KINDS, (is_added, is_removed, pl.any_horizontal(False, *changes)), strict=True)
    kind = pl.coalesce(*(pl.when(applies).then(pl.lit(name)) for name, applies in cases), pl.lit("same"))
    old, new = before.lazy().with_columns(before=True), after.lazy().with_columns(after=True)
    both = old.join(new, on="id", how="full", coalesce=True, suffix="_after").with_columns(**changes)
    language = pl.coalesce(f"{_LANGUAGE}_after", _LANGUAGE).fill_null("-")
    return both.select("id", *changes, language=language, kind=kind).collect(engine="streaming")


def _counts(joined: pl.DataFrame) -> dict[str, dict[str, int]]:
    counts = joined.group_by("language").agg(
        before=(pl.col("kind") != "added").sum(),
        after=(pl.col("kind") != "removed").sum(),
        **{kind: (pl.col("kind") == kind).sum() for kind in KINDS},
    )
    return {row.pop("language"): row for row in counts.sort("language").to_dicts()}


def _columns(joined: pl.DataFrame, columns: list[str]) -> dict[str, int]:
    """How many of the changed rows differ in each column."""
    changed = joined.filter(pl.col("kind") == "changed")
    return {name: count for name in columns if (count := int(changed[f"{name} changed"].sum()))}


def _rows(scan: pl.LazyFrame | None, ids: pl.Series) -> dict[str, Row]:
    if scan is None or ids.is_empty():
        return {}
    found = scan.filter(pl.col("id").is_in(ids.implode())).collect(engine="streaming")
    return {row["id"]: row for row in found.iter_rows(named=True)}


def reasons(path: Path | None, item: str | None) -> dict[tuple[str, str], int]:
    """How many rows a rejects table holds, by language and reason."""
    if path is None:
        return {}
    scan = pl.scan_parquet(path)
    counts = scan.group_by(_language(scan, item).alias(_LANGUAGE), "reason").len().collect()
    return {(language, reason): count for language, reason, count in counts.iter_rows()}


def moved(rows: Path | None, rejects: Path | None) -> int:
    """How many ids of a table of rows are among the rejects of the other side."""
    if rows is None or rejects is None:
        return 0
    ids = pl.scan_parquet(rejects).select("id")
    return int(pl.scan_parquet(rows).select("id").join(ids, on="id", how="semi").select(pl.len()).collect().item())

"""The work of the stage: from a source to `rows.parquet`, `rejects.parquet` and counts, as a stream.

The source is read once, chunk by chunk; each passage is cleaned, and judged by itself. Those that nothing speaks against
are put down in a scratch file; then near-duplicates are found among them, the sample is drawn, and rows and rejects are
written in order of id. Only ids, lots and the keys of signatures are held for all passages.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any, cast

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.seeds.v1 import sources
from pipelines.seeds.v1.duplicates import Duplicates, Found
from pipelines.seeds.v1.ids import Names, draw, sampled, seed_id
from pipelines.seeds.v1.judging import judged
from pipelines.seeds.v1.overlap import Prompts, read_prompts
from pipelines.seeds.v1.schema import REASONS, Params
from pipelines.seeds.v1.shingles import Words
from pipelines.seeds.v1.sources import Raw
from pipelines.seeds.v1.spill import Spill

_TEXT = pa.large_string()
_ROWS = {
    "id": _TEXT,
    "source": _TEXT,
    "passage": _TEXT,
    "original": _TEXT,
    "chars": pa.int64(),
    "english": pa.float64(),
}
_REJECTS = dict.fromkeys(("id", "stage", "reason", "detail", "raw"), _TEXT)
_TELL_EVERY = 10.0


def build(params: Params, out: Path) -> dict[str, Any]:
    """Writes `rows.parquet` and `rejects.parquet` into the folder `out` and returns the counts of everything that was read.

    BuildError before anything is written if the source or the prompts cannot be read.
    """
    prompts = read_prompts(Path(params.prompts), params.overlap) if params.prompts else None
    chunks = sources.opened(params.source)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".scratch-", dir=out) as scratch:
        survey = _Survey(params, prompts, Path(scratch))
        for chunk in _told(chunks):
            survey.add(chunk)
        counts = survey.finish(out)
    if prompts:
        counts["prompts"] = {
            "looked_for": len(prompts.texts) - prompts.not_looked_for,
            "too_short": prompts.not_looked_for,
        }
    return counts


class _Survey:
    def __init__(self, params: Params, prompts: Prompts | None, scratch: Path) -> None:
        self.params, self.prompts = params, prompts
        self.good = Spill(scratch / "good.arrow", _ROWS)
        self.bad = Spill(scratch / "bad.arrow", _REJECTS)
        self.duplicates = Duplicates(params.near_duplicate, scratch / "shingles.bin")
        self.names = Names()
        self.ids: list[str] = []
        self.lots: list[NDArray[np.uint64]] = []
        self.reasons: Counter[str] = Counter()
        self.cleaned: Counter[str] = Counter()

    def add(self, chunk: list[Raw]) -> None:
        """Judges a chunk of the source by itself and puts it down."""
        rows, touched = judged(self._named(chunk), self.params, self.prompts)
        self.cleaned.update(touched)
        self._reject(rows.filter(pl.col("reason").is_not_null()))
        good = rows.filter(pl.col("reason").is_null())
        if len(good):
            self.good.add(good)
            self.ids += good["id"].to_list()
            self.lots.append(good["lot"].to_numpy())
            self.duplicates.add(Words(good["passage"]))

    def _named(self, chunk: list[Raw]) -> pl.DataFrame:
        data = [row.text.encode("utf-8", "backslashreplace") for row in chunk]
        digests = [hashlib.sha256(one).digest() for one in data]
        given = [(row.given, row.place, digest) for row, digest in zip(chunk, digests, strict=True)]
        return pl.DataFrame(
            {
                "id": [self.names.unique(seed_id(*one)) for one in given],
                "lot": pl.Series([draw(self.params.salt, had, digest) for had, _, digest in given], dtype=pl.UInt64),
                "source": [row.source for row in chunk],
                "original": [one.decode() for one in data],
                "fault": pl.Series([row.fault for row in chunk], dtype=pl.String),
            }
        )

    def _reject(self, rows: pl.DataFrame) -> None:
        if len(rows):
            self.reasons.update(rows["reason"].to_list())
            self.bad.add(rows.with_columns(stage=pl.lit("seeds"), raw="original"))

    def finish(self, out: Path) -> dict[str, Any]:
        """Finds near-duplicates, draws the sample, writes everything in order of id."""
        in_order = _order(self.ids)
        found = self.duplicates.found(in_order)
        self.good.close()
        repeats = np.flatnonzero(found.of >= 0)
        self._reject_repeats(repeats, found)
        self.bad.close()
        kept = in_order[found.of[in_order] < 0]
        lots = np.concatenate([*self.lots, np.zeros(0, dtype=np.uint64)])
        drawn = kept[sampled(lots[kept], self.params.sample)]
        self.good.write_parquet(drawn, out / "rows.parquet")
        self.bad.write_parquet(_order(self.bad.column("id")), out / "rejects.parquet")
        return {
            "source_rows": self.good.length + self.bad.length - len(repeats),
            "rows": len(drawn),
            "rejects": self.bad.length,
            "not_sampled": len(kept) - len(drawn),
            "reasons": {reason: self.reasons[reason] for reason in REASONS if self.reasons[reason]},
            "cleaned": dict(self.cleaned),
            "near_duplicates_unsure": found.crowded,
        }

    def _reject_repeats(self, repeats: NDArray[np.int64], found: Found) -> None:
        runs = f"{self.params.near_duplicate.shingle}-word runs"
        told = [
            f"of {self.ids[found.of[one]]}: {found.similarity[one]:.2f} of their {runs} are shared" for one in repeats
        ]
        at = 0
        for table in self.good.take(repeats):
            rows = cast(pl.DataFrame, pl.from_arrow(table))
            detail = pl.Series(told[at : at + len(rows)], dtype=pl.String)
            self._reject(rows.with_columns(reason=pl.lit("near_duplicate"), detail=detail))
            at += len(rows)


def _order(ids: list[str]) -> NDArray[np.int64]:
    order: NDArray[np.int64] = pl.Series(ids, dtype=pl.String).arg_sort().to_numpy().astype(np.int64)
    return order


def _told(chunks: Iterator[list[Raw]]) -> Iterator[list[Raw]]:
    """The chunks, with a line on the terminal now and then while they last."""
    rows, last = 0, time.monotonic()
    for chunk in chunks:
        yield chunk
        rows += len(chunk)
        if time.monotonic() - last > _TELL_EVERY:
            last = time.monotonic()
            print(f"seeds: {rows:,} rows read", file=sys.stderr, flush=True)

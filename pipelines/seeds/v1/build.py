"""The work of the stage: from a source to `rows.parquet`, `rejects.parquet` and counts, as a stream.

The source is read once, chunk by chunk; each passage is cleaned, and judged by itself. Those that pass are written to a scratch file;
then near-duplicates are found among them, the sample is taken, and rows and rejects are written in order of id. Only ids, hashes and
the keys of signatures are held for all passages.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from collections import Counter
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

from pipelines.seeds.v1 import sources
from pipelines.seeds.v1.duplicates import Duplicates, Found
from pipelines.seeds.v1.ids import Names, sample_hash, sampled, seed_id
from pipelines.seeds.v1.judging import judged
from pipelines.seeds.v1.overlap import Prompts, read_prompts
from pipelines.seeds.v1.readers import Raw
from pipelines.seeds.v1.schema import REASONS, Params
from pipelines.seeds.v1.shingles import Words
from pipelines.seeds.v1.spill import Spill

_TEXT = pa.large_string()
_ROWS = dict.fromkeys(("id", "source", "passage", "original"), _TEXT) | {"chars": pa.int64(), "english": pa.float64()}
_REJECTS = dict.fromkeys(("id", "stage", "reason", "detail", "raw"), _TEXT)
_REPORT_EVERY = 10.0


def build(params: Params, out: Path) -> dict[str, Any]:
    """Writes `rows.parquet` and `rejects.parquet` into the folder `out` and returns the counts of everything that was read.

    Raises:
        BuildError: the source or the prompts cannot be read; nothing was written.
    """
    prompts = read_prompts(Path(params.prompts), params.overlap) if params.prompts else None
    chunks = sources.opened(params.source)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".scratch-", dir=out) as scratch:
        survey = _Survey(params, prompts, Path(scratch))
        reported = time.monotonic()
        for chunk in chunks:
            survey.add(chunk)
            if time.monotonic() - reported > _REPORT_EVERY:
                reported = time.monotonic()
                print(f"seeds: {survey.rows_read:,} rows read", file=sys.stderr, flush=True)
        counts = survey.finish(out)
    if prompts:
        counts["prompts"] = {"looked_for": len(prompts.texts) - prompts.too_short, "too_short": prompts.too_short}
    return counts


class _Survey:
    """What is known of the passages up to here."""

    def __init__(self, params: Params, prompts: Prompts | None, scratch: Path) -> None:
        self.params, self.prompts = params, prompts
        self.good = Spill(scratch / "good.arrow", _ROWS)
        self.bad = Spill(scratch / "bad.arrow", _REJECTS)
        self.duplicates = Duplicates(params.near_duplicate, scratch / "shingles.bin")
        self.names = Names()
        self.ids: list[str] = []
        self.hashes: list[NDArray[np.uint64]] = [np.zeros(0, dtype=np.uint64)]
        self.reasons: Counter[str] = Counter()
        self.cleaned: Counter[str] = Counter()
        self.rows_read = 0

    def add(self, chunk: list[Raw]) -> None:
        """Judges a chunk of the source by itself, and writes it to the scratch files."""
        self.rows_read += len(chunk)
        rows, touched = judged(self._named(chunk), self.params, self.prompts)
        self.cleaned.update(touched)
        self._reject(rows.filter(pl.col("reason").is_not_null()))
        good = rows.filter(pl.col("reason").is_null())
        if len(good):
            self.good.add(good)
            self.ids += good["id"].to_list()
            self.hashes.append(good["hash"].to_numpy())
            self.duplicates.add(Words(good["passage"]))

    def _named(self, chunk: list[Raw]) -> pl.DataFrame:
        data = [row.text.encode("utf-8", "backslashreplace") for row in chunk]
        digests = [hashlib.sha256(text).digest() for text in data]
        pairs = list(zip(chunk, digests, strict=True))
        hashes = [sample_hash(self.params.salt, row.given, digest) for row, digest in pairs]
        return pl.DataFrame(
            {
                "id": [self.names.unique(seed_id(row.given, row.place, digest)) for row, digest in pairs],
                "hash": pl.Series(hashes, dtype=pl.UInt64),
                "source": [row.source for row in chunk],
                "original": [text.decode() for text in data],
                "fault": pl.Series([row.fault for row in chunk], dtype=pl.String),
            }
        )

    def _reject(self, rows: pl.DataFrame) -> None:
        self.reasons.update(rows["reason"].to_list())
        self.bad.add(rows.with_columns(stage=pl.lit("seeds"), raw="original"))

    def finish(self, out: Path) -> dict[str, Any]:
        """Finds near-duplicates, takes the sample, writes everything in order of id."""
        in_order = _order(pl.Series(self.ids, dtype=pl.String))
        found = self.duplicates.found(in_order)
        self.good.close()
        self._reject_repeats(found)
        self.bad.close()
        kept = in_order[found.of[in_order] < 0]
        rows = kept[sampled(np.concatenate(self.hashes)[kept], self.params.sample)]
        self.good.write_parquet(rows, out / "rows.parquet")
        self.bad.write_parquet(_order(self.bad.rows["id"]), out / "rejects.parquet")
        return {
            "source_rows": self.rows_read,
            "rows": len(rows),
            "rejects": self.bad.length,
            "not_sampled": len(kept) - len(rows),
            "reasons": {reason: self.reasons[reason] for reason in REASONS if self.reasons[reason]},
            "cleaned": dict(self.cleaned),
            "near_duplicates_unsure": found.crowded,
        }

    def _reject_repeats(self, found: Found) -> None:
        repeats = np.flatnonzero(found.of >= 0)
        runs = f"{self.params.near_duplicate.shingle}-word runs"
        details = iter(
            f"of {self.ids[found.of[one]]}: {found.similarity[one]:.2f} of their {runs} are shared" for one in repeats
        )
        for rows in self.good.take(repeats):
            detail = pl.Series(list(islice(details, len(rows))), dtype=pl.String)
            self._reject(rows.with_columns(reason=pl.lit("near_duplicate"), detail=detail))


def _order(ids: pl.Series) -> NDArray[np.int64]:
    return ids.arg_sort().to_numpy().astype(np.int64)

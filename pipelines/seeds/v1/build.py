"""The work of the stage: from a source to `rows.parquet`, `rejects.parquet` and counts, as a stream.

The source is read once, chunk by chunk; each passage is cleaned, and judged by itself. Chunks go to scratch files, so that their
texts are not held in memory; then near-duplicates are found among the passages that pass, and the sample is taken.
"""

import hashlib
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from pipelines.seeds.v1 import readers
from pipelines.seeds.v1.duplicates import Duplicates, Found
from pipelines.seeds.v1.ids import Names, sample_hash, sampled, seed_id
from pipelines.seeds.v1.judging import judged
from pipelines.seeds.v1.overlap import Prompts, read_prompts
from pipelines.seeds.v1.readers import Raw
from pipelines.seeds.v1.schema import REASONS, Params
from pipelines.seeds.v1.shingles import Words
from xlforge.base.files import write_parquet

_ROWS = ("id", "source", "passage", "original", "chars", "english")
_REPORT_EVERY = 10.0


def build(params: Params, out: Path) -> dict[str, Any]:
    """Writes `rows.parquet` and `rejects.parquet` into the folder `out` and returns the counts of everything that was read.

    Raises:
        BuildError: the source or the prompts cannot be read; nothing was written.
    """
    prompts = read_prompts(Path(params.prompts), params.overlap) if params.prompts else None
    chunks = readers.opened(params.source)
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
        self.params, self.prompts, self._scratch = params, prompts, scratch
        self.duplicates = Duplicates(params.near_duplicate, scratch / "shingles.bin")
        self.names = Names()
        self.parts: list[Path] = []
        self.index: list[pl.DataFrame] = []
        self.cleaned: Counter[str] = Counter()
        self.rows_read = 0

    def add(self, chunk: list[Raw]) -> None:
        """Judges a chunk of the source by itself, and writes it to a scratch file."""
        self.rows_read += len(chunk)
        rows, touched = judged(self._named(chunk), self.params, self.prompts)
        self.cleaned.update(touched)
        if len(good := rows.filter(pl.col("reason").is_null())):
            self.duplicates.add(Words(good["passage"]))
        self.index.append(rows.select("id", "hash", "reason"))
        self.parts.append(self._scratch / f"{len(self.parts)}.arrow")
        rows.select(*_ROWS, "reason", "detail").write_ipc(self.parts[-1])

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

    def finish(self, out: Path) -> dict[str, Any]:
        """Finds near-duplicates, takes the sample, writes everything in order of id."""
        good = pl.concat(self.index).filter(pl.col("reason").is_null())
        in_order = good["id"].arg_sort().to_numpy().astype(np.int64)
        found = self.duplicates.found(in_order)
        kept = good[in_order[found.of[in_order] < 0]]
        sample = kept[sampled(kept["hash"].to_numpy(), self.params.sample)].lazy().select("id")
        every = pl.scan_ipc(self.parts)
        rows = every.select(_ROWS).join(sample, on="id", how="semi").sort("id").collect(engine="streaming")
        bad = every.update(self._repeats(good, found).lazy(), on="id").filter(pl.col("reason").is_not_null())
        bad = bad.select("id", pl.lit("seeds").alias("stage"), "reason", "detail", raw="original")
        rejects = bad.sort("id").collect(engine="streaming")
        write_parquet(rows, out / "rows.parquet")
        write_parquet(rejects, out / "rejects.parquet")
        reasons = dict(rejects["reason"].value_counts().iter_rows())
        return {
            "source_rows": self.rows_read,
            "rows": len(rows),
            "rejects": len(rejects),
            "not_sampled": len(kept) - len(rows),
            "reasons": {reason: reasons[reason] for reason in REASONS if reason in reasons},
            "cleaned": dict(self.cleaned),
            "near_duplicates_unsure": found.crowded,
        }

    def _repeats(self, good: pl.DataFrame, found: Found) -> pl.DataFrame:
        """id, reason and detail of the near-duplicates."""
        repeats = np.flatnonzero(found.of >= 0)
        originals = zip(good["id"].gather(found.of[repeats]), found.similarity[repeats], strict=True)
        runs = f"{self.params.near_duplicate.shingle}-word runs"
        details = [f"of {original}: {alike:.2f} of their {runs} are shared" for original, alike in originals]
        detail = pl.Series(details, dtype=pl.String)
        return good[repeats].select("id", reason=pl.lit("near_duplicate"), detail=detail)

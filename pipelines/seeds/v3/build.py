"""The work of the stage, as a stream. All sources go one way: a passage is a row without question and answer.

Unless personal data are kept, they are masked in the original texts of rows and rejects too: those files are pushed, shown and published.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.seeds.v1.build import _REPORT_EVERY, _ROWS
from pipelines.seeds.v1.overlap import Prompts, read_prompts
from pipelines.seeds.v2.build import _Compared, _Pairs
from pipelines.seeds.v2.readers import Given
from pipelines.seeds.v3 import readers
from pipelines.seeds.v3.judging import judged
from pipelines.seeds.v3.personal import masked
from pipelines.seeds.v3.schema import GIVEN, Params


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


class _Survey(_Pairs):
    """What is known of the rows up to here."""

    params: Params

    def __init__(self, params: Params, prompts: Prompts | None, scratch: Path) -> None:
        super().__init__(params, prompts, scratch)
        self.personal: Counter[str] = Counter()

    def add(self, chunk: list[Given]) -> None:  # type: ignore[override]
        """Judges a chunk of the source by itself, and writes it to a scratch file."""
        self.rows_read += len(chunk)
        rows, touched, personal = judged(self._named(chunk), self.params, self.prompts)
        self.cleaned.update(touched)
        self.personal.update(personal)
        passes = pl.col("reason").is_null()
        if len(good := rows.filter(passes)):
            self.duplicates.add(_Compared(good))
        self.index.append(rows.select("id", "hash", "reason"))
        self.parts.append(self._scratch / f"{len(self.parts)}.arrow")
        rows = rows.with_columns(original=pl.when(passes).then("original").otherwise("whole"))
        if self.params.personal_data != "keep":
            rows = rows.with_columns(original=masked(rows["original"])[0])
        rows.select(*_ROWS, *GIVEN, "reason", "detail").write_ipc(self.parts[-1])

    def finish(self, out: Path) -> dict[str, Any]:
        """As in v2, with what was found of personal data."""
        counts = super().finish(out)
        rejects = pl.scan_parquet(out / "rejects.parquet")
        counts["reasons"] = dict(rejects.group_by("reason").len().sort("reason").collect().iter_rows())
        return counts | {"personal_data": dict(self.personal)}

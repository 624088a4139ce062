"""The work of the stage for a source with questions or answers, as a stream; any other source goes through v1.

Two rows repeat each other where what they will hold is alike: the question and the answer. Where only the question is given, a row repeats
another if its question has the same words and its passage is alike, so that a passage can have many questions.
"""

from __future__ import annotations

import hashlib
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from pipelines.seeds.v1.build import _REPORT_EVERY, _ROWS, _Survey
from pipelines.seeds.v1.build import build as build_v1
from pipelines.seeds.v1.ids import sample_hash, seed_id
from pipelines.seeds.v1.overlap import read_prompts
from pipelines.seeds.v1.shingles import Hashes, Offsets, Words
from pipelines.seeds.v2 import readers
from pipelines.seeds.v2.judging import judged, words_of
from pipelines.seeds.v2.readers import Given
from pipelines.seeds.v2.schema import GIVEN, Params
from xlforge.base.files import write_parquet
from xlforge.base.rows import writable


def build(params: Params, out: Path) -> dict[str, Any]:
    """Writes `rows.parquet` and `rejects.parquet` into the folder `out` and returns the counts of everything that was read.

    Raises:
        BuildError: the source or the prompts cannot be read; nothing was written.
    """
    if params.source.gives:
        return _build(params, out)
    counts = build_v1(params, out)
    _add(out / "rows.parquet", pl.LazyFrame(schema={"id": pl.String, **dict.fromkeys(GIVEN, pl.String)}))
    return counts


def _build(params: Params, out: Path) -> dict[str, Any]:
    prompts = read_prompts(Path(params.prompts), params.overlap) if params.prompts else None
    chunks = readers.opened(params.source)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".scratch-", dir=out) as scratch:
        survey = _Pairs(params, prompts, Path(scratch))
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


class _Pairs(_Survey):
    """What is known of the rows up to here."""

    params: Params

    def add(self, chunk: list[Given]) -> None:  # type: ignore[override]
        """Judges a chunk of the source by itself, and writes it to a scratch file."""
        self.rows_read += len(chunk)
        rows, touched = judged(self._named(chunk), self.params, self.prompts)
        self.cleaned.update(touched)
        passes = pl.col("reason").is_null()
        if len(good := rows.filter(passes)):
            self.duplicates.add(_Compared(good))
        self.index.append(rows.select("id", "hash", "reason"))
        self.parts.append(self._scratch / f"{len(self.parts)}.arrow")
        rows = rows.with_columns(original=pl.when(passes).then("original").otherwise("whole"))
        rows.select(*_ROWS, *GIVEN, "reason", "detail").write_ipc(self.parts[-1])

    def _named(self, chunk: list[Given]) -> pl.DataFrame:  # type: ignore[override]
        texts = [(_writable(row.instruction), writable(row.text), _writable(row.response)) for row in chunk]
        digests = [_digest(*each) for each in texts]
        pairs = list(zip(chunk, digests, strict=True))
        hashes = [sample_hash(self.params.salt, row.given, digest) for row, digest in pairs]
        answered = [text == response for _, text, response in texts]
        return pl.DataFrame(
            {
                "id": [self.names.unique(seed_id(row.given, row.place, digest)) for row, digest in pairs],
                "hash": pl.Series(hashes, dtype=pl.UInt64),
                "source": [row.source for row in chunk],
                "original": [text for _, text, _ in texts],
                "whole": ["\n\n".join(dict.fromkeys(filter(None, each))) for each in texts],
                "fault": pl.Series([row.fault for row in chunk], dtype=pl.String),
                "instruction": pl.Series([question for question, _, _ in texts], dtype=pl.String),
                "response": pl.Series([response for _, _, response in texts], dtype=pl.String),
                "is_answer": answered,
            }
        )

    def finish(self, out: Path) -> dict[str, Any]:
        """As in v1, with what was given in the rows."""
        counts = super().finish(out)
        _add(out / "rows.parquet", pl.scan_ipc(self.parts).select("id", *GIVEN))
        return counts


def _writable(text: str | None) -> str | None:
    return None if text is None else writable(text)


def _digest(instruction: str | None, text: str, response: str | None) -> bytes:
    """Of all that the source gives; of a passage alone as in v1."""
    parts = [text, *(f"{name}\0{given}" for name, given in zip(GIVEN, (instruction, response), strict=True) if given)]
    return hashlib.sha256("\0".join(parts).encode()).digest()


def _add(path: Path, given: pl.LazyFrame) -> None:
    """Adds the columns of what was given to the file of rows."""
    rows = pl.scan_parquet(path).join(given, on="id", how="left", maintain_order="left")
    write_parquet(rows.collect(engine="streaming"), path)


class _Compared(Words):
    """The words by which rows are compared for near-duplicates.

    Args:
        rows: with passage, instruction and response.
    """

    def __init__(self, rows: pl.DataFrame) -> None:
        answer, alone = pl.col("response"), pl.col("instruction").is_not_null() & pl.col("response").is_null()
        texts = (
            pl.when(answer.is_null())
            .then("passage")
            .otherwise(pl.concat_str("instruction", answer, separator="\n", ignore_nulls=True))
        )
        super().__init__(rows.select(texts).to_series())
        questions = words_of(rows.select(pl.when(alone).then("instruction").otherwise(pl.lit(""))).to_series())
        self._marks = np.array([_mark(words) for words in questions], dtype=np.uint64)

    def runs(self, length: int) -> tuple[Hashes, Offsets]:
        """As in v1; those of rows with different questions have nothing in common."""
        runs, offsets = super().runs(length)
        marks: NDArray[np.uint64] = np.repeat(self._marks, np.diff(offsets))
        return runs ^ marks, offsets


def _mark(words: str) -> int:
    return int.from_bytes(hashlib.sha256(words.encode()).digest()[:8]) if words else 0

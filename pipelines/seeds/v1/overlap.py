"""Passages that give away an evaluation prompt: a model trained on them would be tested on its training data.

Passage and prompt are compared by their runs of words, as a share of the shorter one's runs, so that a short prompt inside a long passage
counts, and a passage taken from a long prompt too. A prompt shorter than a run counts where the passage has it word for
word; one of fewer than four words is too common and is not looked for.
"""

from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl

from pipelines.seeds.v1.schema import Overlap
from pipelines.seeds.v1.shingles import Words
from xlforge.base.errors import BuildError

_COLUMNS = ("instruction", "prompt")
_MIN_WORDS = 4


class Prompts:
    """The runs of all evaluation prompts, looked up by length of run."""

    def __init__(self, texts: list[str], labels: list[str], rule: Overlap) -> None:
        self.texts, self.labels, self.rule = texts, labels, rule
        words = Words(pl.Series(texts, dtype=pl.String))
        lengths = np.minimum(words.counts, rule.ngram)
        self.too_short = int((lengths < _MIN_WORDS).sum())
        self._runs: dict[int, pl.DataFrame] = {}
        for length in np.unique(lengths[lengths >= _MIN_WORDS]).tolist():
            prompts = _runs(words, length).filter(pl.col("text").is_in(np.flatnonzero(lengths == length).tolist()))
            self._runs[length] = _sets(prompts)

    def given_away(self, words: Words) -> dict[int, str]:
        """Number of a passage → a description of the prompt that it overlaps most; passages that overlap none are left out."""
        if not self._runs:
            return {}
        shares = pl.concat(_shares(_runs(words, length), prompts) for length, prompts in self._runs.items())
        worst_first = shares.filter(pl.col("share") >= self.rule.threshold).sort(-pl.col("share"), "prompt")
        worst = worst_first.unique("text", keep="first", maintain_order=True)
        return {
            passage: f"{share:.2f} of the {self.rule.ngram}-word runs of prompt {self.labels[prompt]}: {self.texts[prompt][:80]!r}"
            for passage, prompt, share in worst.iter_rows()
        }


def _runs(words: Words, length: int) -> pl.DataFrame:
    """Every run of words, with the number of its text."""
    runs, offsets = words.runs(length)
    return pl.DataFrame({"text": np.repeat(np.arange(len(offsets) - 1), np.diff(offsets)), "run": runs})


def _sets(runs: pl.DataFrame) -> pl.DataFrame:
    """Each run of a text once, with how many the text has."""
    return runs.unique().with_columns(size=pl.len().over("text"))


def _shares(runs: pl.DataFrame, prompts: pl.DataFrame) -> pl.DataFrame:
    """Passage, prompt, and the share of the shorter one's runs that are also the other's."""
    hit = runs.join(prompts, on="run", how="semi")["text"].unique()
    common = _sets(runs.filter(pl.col("text").is_in(hit.implode()))).join(prompts, on="run", suffix="_prompt")
    share = pl.len() / pl.min_horizontal(pl.first("size"), pl.first("size_prompt"))
    return common.group_by("text", prompt="text_prompt").agg(share=share)


def read_prompts(path: Path, rule: Overlap) -> Prompts:
    """The prompts of a JSON or JSONL file, under `instruction` or `prompt`. Raises BuildError if they cannot be read."""
    rows = _rows(path)
    column = next((name for name in _COLUMNS if rows and name in rows[0]), None)
    if column is None:
        raise BuildError(
            f"seeds.prompts: {path} has {'no rows' if not rows else 'columns ' + ', '.join(rows[0])}; evaluation prompts are "
            f"under {' or '.join(_COLUMNS)}: name such a file, or set seeds.prompts to null to compare with none"
        )
    invalid = next((number for number, row in enumerate(rows, 1) if not isinstance(row.get(column), str)), None)
    if invalid:
        raise BuildError(f"seeds.prompts: row {invalid} of {path} has no text under {column!r}: it must hold a prompt")
    labels = [str(row.get("id", number)) for number, row in enumerate(rows, 1)]
    return Prompts([row[column] for row in rows], labels, rule)


def _rows(path: Path) -> list[dict[str, Any]]:
    try:
        data = path.read_bytes()
        lines = [data] if path.suffix == ".json" else [line for line in data.splitlines() if line.strip()]
        found = [orjson.loads(line) for line in lines]
    except OSError as error:
        raise BuildError(
            f"seeds.prompts: {path} cannot be read: {error.strerror}; name a file, or set seeds.prompts to null"
        ) from error
    except orjson.JSONDecodeError as error:
        raise BuildError(f"seeds.prompts: {path} is not a valid {path.suffix or 'JSONL'} file: {error}") from error
    rows: Any = found[0] if path.suffix == ".json" else found
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
        raise BuildError(f"seeds.prompts: {path} must hold one object for each prompt")
    return rows

"""seeds v1: what its block of params.yaml may say, and what one row is."""

from __future__ import annotations

from typing import Literal, Self

import pandera.polars as pa
from pydantic import Field, model_validator

from xlforge.config.params import Block

REASONS = (
    "unreadable",
    "empty",
    "boilerplate",
    "too_short",
    "too_long",
    "not_english",
    "overlaps_prompt",
    "near_duplicate",
)
"""Why a passage is set aside, in the order the questions are asked: the first that applies is the reason."""


class Source(Block):
    """Where passages come from.

    kind: `jsonl` and `parquet` read a file or every such file of a folder; `text` reads one passage from each .txt file;
    `hub` streams a Hugging Face dataset. path: for the first three; the last leaves it unread.
    name, config, split, revision: of the dataset; name may be a local dataset folder, which needs no revision.
    text, id: the columns that hold the passage and, if there is one, an id that outlives edits of the passage.
    take: read at most so many rows from the start.
    """

    kind: Literal["jsonl", "parquet", "text", "hub"] = "jsonl"
    path: str | None = None
    name: str | None = None
    config: str | None = None
    split: str = "train"
    revision: str | None = None
    text: str = "text"
    id: str | None = None
    take: int | None = Field(None, ge=1)

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        wanted = "name" if self.kind == "hub" else "path"
        if not getattr(self, wanted):
            raise ValueError(f"kind is {self.kind}, which reads from {wanted}: give {wanted}")
        if self.kind != "hub" and self.name:
            raise ValueError(f"kind is {self.kind}, which reads from path: set name to null, or kind to hub")
        return self


class NearDuplicate(Block):
    """When two passages count as one: the Jaccard similarity of their sets of `shingle` words in a row reaches `threshold`.

    permutations: length of the MinHash signature that finds the pairs to compare; more find more of those near the threshold.
    """

    threshold: float = Field(0.8, gt=0, le=1)
    shingle: int = Field(3, ge=1, le=20)
    permutations: int = Field(128, ge=16, le=1024)


class Overlap(Block):
    """When a passage gives away an evaluation prompt: the share of `ngram` words in a row, of the shorter one's, found in the other."""

    ngram: int = Field(8, ge=4, le=50)
    share: float = Field(0.5, gt=0, le=1)


class Params(Block):
    """Which passages go on.

    sample: how many at most, drawn by a hash of `salt` and the id (of the content where no id is given); null takes all.
    min_chars, max_chars: length after cleaning. english: the least share of a passage that is English.
    boilerplate: the greatest share of its letters that cleaning may drop as menus, banners and buttons.
    prompts: JSON or JSONL with the evaluation prompts that no passage may give away, or null. max_reject_rate: the greatest share set aside.
    """

    version: str
    source: Source
    sample: int | None = Field(None, ge=1)
    salt: str = "seeds"
    min_chars: int = Field(80, ge=1)
    max_chars: int = Field(4000, ge=1)
    english: float = Field(0.6, ge=0, le=1)
    boilerplate: float = Field(0.5, ge=0, le=1)
    near_duplicate: NearDuplicate = NearDuplicate()
    prompts: str | None = None
    overlap: Overlap = Overlap()
    max_reject_rate: float = Field(0.5, ge=0, le=1)

    @model_validator(mode="after")
    def _lengths_in_order(self) -> Self:
        if self.min_chars > self.max_chars:
            raise ValueError(
                f"min_chars is {self.min_chars}, more than max_chars, {self.max_chars}: no passage can pass"
            )
        return self


class Rows(pa.DataFrameModel):
    """A passage. original: as it was given. source: the file or dataset it is from. english: the share of it that is English."""

    id: str = pa.Field(unique=True)
    source: str = pa.Field(str_length={"min_value": 1})
    passage: str = pa.Field(str_length={"min_value": 1})
    original: str = pa.Field(str_length={"min_value": 1})
    chars: int = pa.Field(ge=1)
    english: float = pa.Field(ge=0, le=1)

    class Config:
        strict = True
        ordered = True

"""seeds v1: the keys of its block in params.yaml, and the columns of a row."""

from typing import Literal, Self

import pandera.polars as pa
from pydantic import Field, model_validator

from xlforge.base.frames import Table
from xlforge.config.params import Block

REASONS = (
    *("unreadable", "empty", "boilerplate", "too_short", "too_long"),
    *("not_english", "overlaps_prompt", "near_duplicate"),
)
"""Why a passage is rejected, in the order of the checks: the first that applies is the reason."""


class Source(Block):
    """Where passages come from.

    kind: `jsonl` and `parquet` read a file or every such file of a folder; `text` reads one passage from each .txt file;
    `hub` streams a Hugging Face dataset. path: for the first three; the last does not read it.
    name, config, split, revision: of the dataset; name may be a local dataset folder, which needs no revision.
    text, id: the columns with the passage and, if there is one, an id that stays when the passage is edited.
    take: the maximum number of rows to read, from the start.
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

    permutations: length of the MinHash signature that finds the pairs to compare; a longer one finds more pairs near the threshold.
    """

    threshold: float = Field(0.8, gt=0, le=1)
    shingle: int = Field(3, ge=1, le=20)
    permutations: int = Field(128, ge=16, le=1024)


class Overlap(Block):
    """When a passage gives away an evaluation prompt: this share of the shorter text's runs of `ngram` words is in the other text."""

    ngram: int = Field(8, ge=4, le=50)
    threshold: float = Field(0.5, gt=0, le=1)


class Params(Block):
    """Which passages go on.

    sample: the maximum number, sampled by a hash of `salt` and the id (of the content where no id is given); null takes all.
    min_chars, max_chars: length after cleaning. min_english: of the share of a passage that is English.
    max_boilerplate: of the share of its letters that cleaning drops as menus, banners and buttons.
    prompts: JSON or JSONL with the evaluation prompts that no passage may give away, or null. max_reject_rate: of the share of rejects.
    """

    version: str
    source: Source
    sample: int | None = Field(None, ge=1)
    salt: str = "seeds"
    min_chars: int = Field(80, ge=1)
    max_chars: int = Field(4000, ge=1)
    min_english: float = Field(0.6, ge=0, le=1)
    max_boilerplate: float = Field(0.5, ge=0, le=1)
    near_duplicate: NearDuplicate = NearDuplicate()
    prompts: str | None = None
    overlap: Overlap = Overlap()
    max_reject_rate: float = Field(0.5, ge=0, le=1)

    @model_validator(mode="after")
    def _lengths_in_order(self) -> Self:
        if self.min_chars > self.max_chars:
            raise ValueError(f"min_chars is {self.min_chars}, above max_chars, {self.max_chars}: no passage can pass")
        return self


class Rows(Table):
    """A passage. original: before cleaning. source: the file or dataset it is from. english: the share of it that is English."""

    id: str = pa.Field(unique=True)
    source: str = pa.Field(str_length={"min_value": 1})
    passage: str = pa.Field(str_length={"min_value": 1})
    original: str = pa.Field(str_length={"min_value": 1})
    chars: int = pa.Field(ge=1)
    english: float = pa.Field(ge=0, le=1)

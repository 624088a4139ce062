"""benchmark v1: the keys of its block in params.yaml, and the columns of a prompt."""

from typing import Annotated, Literal, Self, get_args

import pandera.polars as pa
import polars as pl
from pydantic import AfterValidator, Field, model_validator

from xlforge.base import frames
from xlforge.base.provenance import PROVENANCE
from xlforge.config.params import Block, Languages
from xlforge.languages.registry import LANGUAGES

Set = Literal["crosslingual", "english", "same_language"]
SETS: tuple[Set, ...] = get_args(Set)
CROSSLINGUAL, ENGLISH, SAME_LANGUAGE = SETS
_PHRASE = pl.Struct({"language": pl.String, "phrase": pl.String})
SLOTS = pl.List(pl.Struct({"slot": pl.String, "phrases": pl.List(_PHRASE)}))
_PLACEHOLDERS = ("{language}", "{code}")


class Table(Block):
    """Where a table of prompts is, and the names of its columns.

    kind: `local` is a .json, .jsonl or .parquet file; `hub` a dataset of the Hugging Face hub. name: of the dataset; a local dataset
    folder needs no revision. file: below the source's path if that is a folder; of a dataset, one file to read without its loading
    script. In file, config and split, {language} stands for a language's English name in lower case and {code} for its code: one table
    a language. language: the column with the code or name of the language, where one table holds several. id: the column with an id
    that stays when the prompt is edited; without one, rows of two tables pair by position.
    """

    kind: Literal["local", "hub"] = "local"
    name: str | None = None
    config: str | None = None
    split: str = "train"
    revision: str | None = None
    file: str | None = None
    id: str | None = None
    instruction: str = "instruction"
    language: str | None = None

    @property
    def by_language(self) -> bool:
        """Whether there is one table for each language."""
        return any(mark in (text or "") for mark in _PLACEHOLDERS for text in (self.file, self.config, self.split))

    @model_validator(mode="after")
    def _named(self) -> Self:
        if self.kind == "hub" and not self.name:
            raise ValueError("kind is hub, which reads from name: give name")
        return self


class Source(Table):
    """The questions, in English; or, where `language` is given, prompts that already request that language, used unchanged.

    path: what a table of kind local is read from, a file or a folder with `file` in it; kind hub does not read it.
    Columns, each of them optional: part (of the source, such as AlpacaEval's `dataset`), passage (English text with the facts),
    questions and truth (the question, and a right answer, by code), slots (the facts: name to phrases by code).
    """

    path: str | None = None
    part: str | None = None
    questions: str | None = None
    passage: str | None = None
    truth: str | None = None
    slots: str | None = None

    @model_validator(mode="after")
    def _one_table(self) -> Self:
        if self.kind == "local" and not self.path:
            raise ValueError("kind is local, which reads from path: give path")
        if self.by_language:
            raise ValueError(
                "the source is one table: {language} and {code} belong to `requested` and `translated`; for one table "
                "of several languages give the column `language`"
            )
        return self


def _for_each_language(table: Table | None) -> Table | None:
    if table and not table.language and not table.by_language:
        raise ValueError(
            "no language can be selected: put {language} or {code} into file, config or split, or give the column `language`"
        )
    return table


Paired = Annotated[Table | None, AfterValidator(_for_each_language)]


class Exclusions(Block):
    """path: JSONL with the prompts that have no sensible answer in another language, each with its reason. apply: whether to use it."""

    path: str
    apply: bool = False


class Params(Block):
    """Which prompts, in which sets and languages.

    sets: `crosslingual` requests in English an answer in another language, `english` is English, `same_language` is in the language.
    requested: prompts that request the language; null uses this project's phrasings (xlforge/languages/phrasings.py).
    translated: the questions in each language; null uses the source's column `questions`.
    sample: the maximum number of prompts (of each language, where the source has prompts for each), sampled by a hash of
    `salt` and the given id, or the text where there is none; null takes all. max_reject_rate: the maximum share of rejects.
    """

    version: str
    source: Source
    languages: Languages
    sets: tuple[Set, ...] = Field(SETS, min_length=1)
    requested: Paired = None
    translated: Paired = None
    exclusions: Exclusions
    sample: int | None = Field(None, ge=1)
    salt: str = "benchmark"
    max_reject_rate: float = Field(0.1, ge=0, le=1)

    @model_validator(mode="after")
    def _sets_that_the_source_has(self) -> Self:
        if len(set(self.sets)) < len(self.sets):
            raise ValueError("sets: one is named twice")
        if self.source.language and (self.sets != (CROSSLINGUAL,) or self.requested or self.translated):
            raise ValueError(
                "source.language is given, so its prompts are used unchanged: sets must be [crosslingual], and requested "
                "and translated null"
            )
        return self


class Rows(frames.Table):
    """One prompt to be answered.

    id: prompt id / set / language. prompt_id: shared by the same question in every set and language. part: of the source.
    language: the code of the language that the answer must be in. instruction: the question without the request: in English, or in
    the language in same_language. prompt: what the model is sent. instruction_en: the question in English, where it is known.
    passage: what a reference model may read, and the compared models never see. truth: a right answer in the language.
    slots: the facts of that answer, in every known language. provenance: of model calls, here none.
    """

    id: str = pa.Field(unique=True)
    prompt_id: str = pa.Field(str_length={"min_value": 1})
    set: str = pa.Field(isin=SETS)
    language: str = pa.Field(isin=tuple(LANGUAGES))
    part: str = pa.Field(nullable=True)
    instruction: str = pa.Field(str_length={"min_value": 1})
    prompt: str = pa.Field(str_length={"min_value": 1})
    instruction_en: str = pa.Field(nullable=True)
    passage: str = pa.Field(nullable=True)
    truth: str = pa.Field(nullable=True)
    slots: Annotated[pl.List, SLOTS.inner] = pa.Field(nullable=True)
    provenance: Annotated[pl.List, PROVENANCE.inner]

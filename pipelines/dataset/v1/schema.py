"""dataset v1: its block of params.yaml, and one training example."""

from __future__ import annotations

from typing import Annotated

import pandera.polars as pa
import polars as pl
from pydantic import Field

from xlforge.base.frames import Table
from xlforge.base.provenance import PROVENANCE
from xlforge.config.params import Block

MESSAGES = pl.List(pl.Struct({"role": pl.String, "content": pl.String}))
GRADES = ("precision", "informativeness", "naturalness", "objectivity")
SCORES = pl.Struct({**dict.fromkeys(GRADES, pl.Int64), "mean": pl.Float64})
ESTIMATES = ("quality", "round_trip", "likelihood", "comet")
QE = pl.Struct({**dict.fromkeys(ESTIMATES, pl.Float64), "candidate": pl.Int64, "fit": pl.Int64})


class Params(Block):
    """max_reject_rate: the maximum share of duplicate examples."""

    version: str
    max_reject_rate: float = Field(0.3, ge=0, le=1)


class Rows(Table):
    """One training example. The descriptions go on the card of a published dataset; metadata describes the fields of a struct."""

    id: str = pa.Field(unique=True, description="seed id / language")
    seed_id: str = pa.Field(description="the passage that the question and the answer were made from")
    language: str = pa.Field(description="ISO 639-1 code of the answer's language")
    instruction: str = pa.Field(
        str_length={"min_value": 1}, description="the question in English, without the request for the language"
    )
    prompt: Annotated[pl.List, MESSAGES.inner] = pa.Field(
        description="conversational, as TRL reads it",
        metadata={
            "role": "always user",
            "content": "the instruction, with the request for a language other than English",
        },
    )
    completion: Annotated[pl.List, MESSAGES.inner] = pa.Field(
        description="conversational, as TRL reads it",
        metadata={
            "role": "always assistant",
            "content": "the answer, in the language; in config default the first candidate translation",
        },
    )
    first: str = pa.Field(nullable=True, description="the first candidate; null if it did not pass the checks")
    first_quality: float = pa.Field(nullable=True, description="the quality estimate of the first candidate")
    scores: Annotated[pl.Struct, SCORES.fields] = pa.Field(
        description="the judge's grades of the English pair, 1 to 5",
        metadata={
            "precision": "is the answer right?",
            "informativeness": "does it answer the question?",
            "naturalness": "does it read well?",
            "objectivity": "is it free of opinion?",
            "mean": "of the four grades",
        },
    )
    qe: Annotated[pl.Struct, QE.fields] = pa.Field(
        nullable=True,
        description="the quality estimate of the chosen translation; null in English",
        metadata={
            "quality": "the combined estimate, 0 to 1, higher is better",
            "round_trip": "similarity of the back-translation and the English answer, 0 to 1; null if not requested",
            "likelihood": "the translator's own probability of the translation, 0 to 1; null if not requested",
            "comet": "the estimate of a COMET model; null if not requested",
            "candidate": "the number of the candidate, from 0",
            "fit": "how many candidates passed the checks",
        },
    )
    provenance: Annotated[pl.List, PROVENANCE.inner] = pa.Field(
        description="one entry for each model call behind the row, oldest first",
        metadata={
            "stage": "the stage that called the model",
            "version": "of its pipeline",
            "step": "the step of the pipeline",
            "model": "model@revision",
            "served": "the name that the server gave the model, where that is another",
            "prompt": "prompt file@fingerprint",
            "key": "hash of the request; null for a text that no model generated",
            "fault": "why the response could not be used and was generated again; null for a response that was used",
        },
    )

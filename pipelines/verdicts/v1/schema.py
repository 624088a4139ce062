"""verdicts v1: what its block of params.yaml may say, what one judgement is, and what is known of one answer."""

from __future__ import annotations

from typing import Annotated, Literal

import pandera.polars as pa
import polars as pl
from pydantic import BaseModel, ConfigDict, Field

from xlforge.base.provenance import PROVENANCE
from xlforge.config.models import Sampling
from xlforge.config.params import Block

DIMENSIONS = ("precision", "informativeness", "naturalness", "objectivity")
FAULTS = ("silent", "appeal")
SETTLED = ("judge", "control", "forfeit", "chrf")


class Grade(BaseModel):
    """One dimension's grade, and the judge's reason for it, given first."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1)
    grade: int = Field(strict=True, ge=1, le=5)


class Grades(BaseModel):
    """What the judge says of one answer, as JSON."""

    model_config = ConfigDict(extra="forbid")

    precision: Grade
    informativeness: Grade
    naturalness: Grade
    objectivity: Grade


class Params(Block):
    """How answers are judged, and against whose.

    judge: `llm` is the role `judge`; `embedded` compares each answer with the benchmark's truth by chrF, and asks nobody.
    reference: the model, under `models`, that all are compared with. margin: chrF points within which the embedded judge calls a tie.
    sampling: of the letter; max_tokens must leave room for more than the letter, which else counts as cut off.
    logprobs: whether the judge is asked for them; false for a server that refuses. tries: how often a judgement that cannot be
    read is asked for. control: whether a win is checked with a question that the winner does not answer (see the pipeline).
    grades: whether the judge also grades every answer on four dimensions; grading: how its grades are drawn.
    max_reject_rate: the greatest share of judgements without a verdict; what the evaluation does with fewer is its own affair.
    """

    version: str
    judge: Literal["embedded", "llm"]
    reference: str
    margin: float = Field(0.5, ge=0, le=100)
    sampling: Sampling = Sampling(max_tokens=8)
    logprobs: bool = True
    tries: int = Field(3, ge=1)
    control: bool = True
    grades: bool = False
    grading: Sampling = Sampling(max_tokens=512)
    max_reject_rate: float = Field(0.5, ge=0, le=1)


class Rows(pa.DataFrameModel):
    """One judgement: a model's answer beside an opponent's.

    id: prompt_row / opponent. prompt_row: the benchmark row's id. preference: 0 loses, 1 wins, between them a tie or a judge's probability.
    first_order, second_order: the same as read with the model's answer shown first and second. agreed: whether both orders name the
    same winner. All three are null where no judge was asked. settled_by: `judge`; `control`, a win that the control question took away;
    `forfeit`, an answer that is silent or an appeal to the judge; `chrf`, the embedded judge. fault, opponent_fault: which of FAULTS.
    length, opponent_length: characters of the answers. judge: `model@revision`, or `chrF`. provenance: of the answer, then of the verdict.
    """

    id: str = pa.Field(unique=True)
    prompt_row: str
    prompt_id: str
    set: str
    language: str
    opponent: str
    preference: float = pa.Field(ge=0, le=1)
    first_order: float = pa.Field(nullable=True, ge=0, le=1)
    second_order: float = pa.Field(nullable=True, ge=0, le=1)
    agreed: bool = pa.Field(nullable=True)
    settled_by: str = pa.Field(isin=SETTLED)
    fault: str = pa.Field(nullable=True, isin=FAULTS)
    opponent_fault: str = pa.Field(nullable=True, isin=FAULTS)
    length: int = pa.Field(ge=0)
    opponent_length: int = pa.Field(ge=0)
    judge: str
    provenance: Annotated[pl.List, PROVENANCE.inner]

    class Config:
        strict = True
        ordered = True


class Answers(pa.DataFrameModel):
    """What is known of one answer of the model, apart from any other's.

    length: characters. finish: why it ended. line_pass, word_pass: the Language Confusion Benchmark's, null where they do not apply.
    right_language: whether four fifths of it are in the language asked for, which an empty answer is not. chrf: against the truth, 0
    to 100. facts: the share of the truth's facts that it holds, in any language; facts_asked: in the language asked for. appeal: the
    words with which it speaks to its judge. Grades are 1 to 5. Null: the benchmark knows no truth, or no grade was asked for or read.
    """

    id: str = pa.Field(unique=True)
    prompt_id: str
    set: str
    language: str
    length: int = pa.Field(ge=0)
    finish: str
    line_pass: bool = pa.Field(nullable=True)
    word_pass: bool = pa.Field(nullable=True)
    right_language: bool
    chrf: float = pa.Field(nullable=True, ge=0, le=100)
    facts: float = pa.Field(nullable=True, ge=0, le=1)
    facts_asked: float = pa.Field(nullable=True, ge=0, le=1)
    appeal: str = pa.Field(nullable=True)
    precision: int = pa.Field(nullable=True, ge=1, le=5)
    informativeness: int = pa.Field(nullable=True, ge=1, le=5)
    naturalness: int = pa.Field(nullable=True, ge=1, le=5)
    objectivity: int = pa.Field(nullable=True, ge=1, le=5)

    class Config:
        strict = True
        ordered = True

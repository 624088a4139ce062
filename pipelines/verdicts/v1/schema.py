"""verdicts v1: its block of params.yaml, one judgement, and what is measured of one answer."""

from __future__ import annotations

from typing import Annotated, Literal

import pandera.polars as pa
import polars as pl
from pydantic import Field

from xlforge.base.frames import Table
from xlforge.base.provenance import PROVENANCE
from xlforge.config.models import Sampling
from xlforge.config.params import Block

CALLS = {
    "Compare": (
        "the model's answer first",
        "the model's answer second",
        "control question, the model's answer first",
        "control question, the model's answer second",
    )
}
"""What the calls of a step are for, in order: `xlforge trace` shows it."""


class Params(Block):
    """How answers are judged.

    Args:
        judge: `llm` calls the role `judge`; `embedded` compares each answer with the benchmark's truth by chrF and calls no model.
        reference: the model, under `models`, that all others are compared with.
        margin: the embedded judge gives a tie where the chrF scores differ by at most this.
        sampling: of the letter; a judge that does not reason needs no more than 1 token.
        logprobs: whether the probabilities of the letters are requested; false for a server that refuses.
        tries: how often a verdict or grades are sampled before they are rejected.
        control: whether a win is checked with a control question (see the pipeline).
        grades: whether the judge also grades every answer on four dimensions.
        grading: the sampling of the grades.
        max_reject_rate: the maximum share of pairs without a verdict; `evaluation.min_coverage` is checked later.
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


class Rows(Table):
    """One judgement: a model's answer compared with an opponent's.

    id: prompt_row / opponent. prompt_row: the id of the benchmark row. preference: 0 is a loss, 1 a win, between them a tie or a
    probability. first_order, second_order: the preference with the model's answer shown first and second. agreed: whether both orders
    name the same winner. These three are null where no LLM judged. settled_by: `judge`; `control`, a win that the control question
    turned into a loss; `forfeit`, an empty answer; `chrf`, the embedded judge. fault, opponent_fault: `silent` for an empty answer.
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
    settled_by: str = pa.Field(isin=("judge", "control", "forfeit", "chrf"))
    fault: str = pa.Field(nullable=True, eq="silent")
    opponent_fault: str = pa.Field(nullable=True, eq="silent")
    length: int = pa.Field(ge=0)
    opponent_length: int = pa.Field(ge=0)
    judge: str
    provenance: Annotated[pl.List, PROVENANCE.inner]


class Answers(Table):
    """What is measured of one answer alone.

    length: characters. finish: why the answer ended. line_pass, word_pass: the Language Confusion Benchmark's, null where they do not
    apply. right_language: whether four fifths of the answer are in the requested language; false for an empty answer. chrf: against the
    truth, 0 to 100. facts: the share of the truth's facts that the answer has, in any language; facts_in_language: in
    the requested language.
    Grades are 1 to 5. Null: the benchmark has no truth, or there is no valid grade. provenance: of the answer, then of the grades.
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
    facts_in_language: float = pa.Field(nullable=True, ge=0, le=1)
    precision: int = pa.Field(nullable=True, ge=1, le=5)
    informativeness: int = pa.Field(nullable=True, ge=1, le=5)
    naturalness: int = pa.Field(nullable=True, ge=1, le=5)
    objectivity: int = pa.Field(nullable=True, ge=1, le=5)
    provenance: Annotated[pl.List, PROVENANCE.inner]

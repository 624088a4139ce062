"""What the report is made from: the outs of every stage, read once, and nothing of how the build was run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from xlforge.config.params import Config
from xlforge.languages.registry import LANGUAGES


@dataclass(frozen=True)
class Built:
    """A build. Frames are as the stages' schemas have them, those of a stage with items one below the other.

    params: every block. examples: of `dataset`. candidates, chosen: of `selection`. lessons: the rows of every student, with `student`.
    answers, measures, verdicts: of every model, with `model`. rejects: of every stage, with `item`. metrics: by stage and
    item, which is empty where a stage has none. losses: a student's `step, loss`. table, differences: of `evaluation`. truth: the facts of
    seeds by given id, as `xlforge.evaluation.judging.truth.facts` takes them. packages: name to version.
    """

    params: Config
    seeds: pl.DataFrame
    instructions: pl.DataFrame
    responses: pl.DataFrame
    scores: pl.DataFrame
    candidates: pl.DataFrame
    chosen: pl.DataFrame
    examples: pl.DataFrame
    lessons: pl.DataFrame
    benchmark: pl.DataFrame
    answers: pl.DataFrame
    measures: pl.DataFrame
    verdicts: pl.DataFrame
    rejects: pl.DataFrame
    metrics: Mapping[tuple[str, str], Mapping[str, Any]]
    losses: Mapping[str, pl.DataFrame]
    table: pl.DataFrame
    differences: pl.DataFrame
    truth: Mapping[str, list[dict[str, Any]]]
    packages: Mapping[str, str]

    @property
    def codes(self) -> list[str]:
        """The languages translated into."""
        return list(self.params.languages)

    def items(self, stage: str) -> list[str]:
        """A stage's items, in the order of params.yaml; one empty name for a stage without."""
        return [item for name, item in self.metrics if name == stage]


def called(code: str) -> str:
    """A language's or group's name, as tables say it."""
    if code in LANGUAGES:
        return LANGUAGES[code].name
    return {"mean": "mean, trained on", "zero_shot": "mean, zero-shot"}.get(code, code)


def tagged(code: str) -> str:
    """The BCP 47 tag that tells a browser which fonts and breaks a text wants; empty for an unknown language."""
    if code not in LANGUAGES:
        return ""
    script = LANGUAGES[code].script
    return f"{code}-{script}" if script in ("Hans", "Hant") else code

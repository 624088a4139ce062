"""selection v2: the steps of v1, with the cosine of sentence embeddings, and a translation system as the estimator too."""

from __future__ import annotations

import math
from pathlib import Path

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts

from pipelines.selection.v1.pipeline import PROMPTS, BackTranslate, Check, Choose, chosen
from pipelines.selection.v1.pipeline import Estimate as EstimateV1
from pipelines.selection.v2.schema import Params
from xlforge.base.rows import Row
from xlforge.checks import embeddings, estimates
from xlforge.steps.context import Context
from xlforge.steps.llm_step import WHOLE_STAGE

__all__ = ["chosen", "pipeline"]

TEXT = Path(__file__).parent / "prompts" / "text.jinja2"
"""The text alone, for translation systems."""


class Estimate(EstimateV1):
    """A candidate with its translation back and its log-probability → round_trip, likelihood, comet, embedding, quality (0 to 1)."""

    embedding_model: embeddings.Embedding | None = None

    def map_all(self, inputs: list[Row]) -> list[Row]:
        fit = [row for row in inputs if not row["reject"] and not row["problems"]]
        pairs = [(row["response"], row["translation"]) for row in fit]
        counts = self.weights["embedding"]
        scores = embeddings.scores(self.embedding_model, pairs, self.code) if counts else [None] * len(fit)
        by_id = {row["id"]: score for row, score in zip(fit, scores, strict=True)}
        return super().map_all([{**row, "embedding": by_id.get(row["id"])} for row in inputs])

    def work(self, row: Row) -> Row:
        back, logprob = row["back_translation"], row["logprob"]
        found = {
            "round_trip": None if back is None else estimates.round_trip(row["response"], back),
            "likelihood": None if logprob is None else math.exp(logprob),
            "comet": row["comet"],
            "embedding": row["embedding"],
        }
        quality = None if row["problems"] else estimates.combine(found, self.weights)
        return {**row, **found, "quality": quality}


def pipeline(context: Context[Params], rows: list[Row]) -> Pipeline:
    """Candidates → candidates with checks and estimates, and which one is chosen."""
    params, size = context.params, context.config.estimator.prompts
    found = ["round_trip", "likelihood", "comet", "embedding", "quality"]
    with Pipeline("selection") as made:
        step = LoadDataFromDicts(data=rows, batch_size=WHOLE_STAGE) >> Check(
            reads=["response", "translation"],
            adds=["language_share", "problems", "back_translation"],
            code=context.language,
            min_language_share=params.min_language_share,
            thresholds=params.thresholds.model_dump(),
        )
        if params.weights.round_trip:
            step = step >> BackTranslate(
                prompt=TEXT if size == "text" else PROMPTS / f"{size}.jinja2",
                adds=["back_translation"],
                tries=params.tries,
                llm=context.llm("estimator", params.sampling),
            )
        estimate = Estimate(
            reads=["response", "translation", "back_translation", "logprob"],
            adds=found,
            code=context.language,
            weights=params.weights.model_dump(),
            comet_model=params.comet,
            embedding_model=params.embedding,
        )
        choose = Choose(reads=found, adds=["chosen"], min_quality=params.min_quality)
        step >> estimate >> choose
    return made

"""The quality estimate against the truth, where facts about a seed are known.

A candidate is right if it contains, in its language, every known fact that the English answer contains. Facts come from the file
`report.truth` in params.yaml; candidates of seeds that are not in the file are left out.
"""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import orjson
import polars as pl

from xlforge.evaluation.judging.truth import facts
from xlforge.report.built import Built

EDGES = (0.0, 0.8, 0.9, 0.95, 0.99, 1.0)
"""Bins of quality: the lower edge belongs to a bin, and 1.0 to the last."""
Facts = dict[str, list[dict[str, Any]]]


def known(path: str | None) -> Facts:
    """The facts of a file by the given id of their seed; none without a file.

    Args:
        path: JSON lines with `id` and `slots` (fact → language → phrase).
    """
    rows = map(orjson.loads, Path(path).read_bytes().splitlines() if path else [])
    return {row["id"]: [_fact(phrases) for phrases in (row["slots"] or {}).values()] for row in rows}


def _fact(phrases: dict[str, str]) -> dict[str, Any]:
    return {"phrases": [{"language": code, "phrase": phrase} for code, phrase in phrases.items()]}


def rightness(built: Built) -> dict[str, bool]:
    """Candidate id → whether it is right, for the candidates whose English answers contain a known fact."""
    truth = known(built.config.report.truth)
    found = {}
    contained: Facts = {}
    columns = ("id", "answer_id", "language", "response", "translation")
    for name, answer, language, english, text in built.table("selection", "candidates").select(columns).iter_rows():
        if answer not in contained:
            about = truth.get(answer.rsplit("-", 1)[0], [])  # a seed's id is its given id and a digest of its content
            contained[answer] = [fact for fact in about if facts(english, [fact], "en")]
        share = facts(text, contained[answer], language)
        if share is not None:
            found[name] = share == 1.0
    return found


def agreement(built: Built, right: dict[str, bool]) -> list[dict[str, Any]]:
    """How well the quality estimate finds right candidates: one row a language that has known candidates.

    first, random, chosen, best: the share of answers with a right translation if the first candidate is taken, a random one, the chosen
    one, or a right one wherever there is one; over answers with a chosen candidate. auc: see `auc`. bins: by EDGES, of the candidates
    with a quality. unfit: counts of those without a quality, right ones and all.
    """
    if not right:
        return []
    judged = built.table("selection", "candidates").filter(pl.col("id").is_in(list(right)))
    judged = judged.with_columns(right=pl.col("id").replace_strict(right, return_dtype=pl.Boolean))
    rows = []
    for code in built.config.languages:
        part = judged.filter(language=code)
        fit, unfit = part.filter(pl.col("quality").is_not_null()), part.filter(pl.col("quality").is_null())
        answers = _picked(part)
        if len(answers):
            shares = answers.drop("answer_id").cast(pl.Float64).mean().row(0, named=True)
            counts = {"code": code, "answers": len(answers), "candidates": len(part)}
            unfit_counts = (int(unfit["right"].sum()), len(unfit))
            rows.append(counts | shares | {"auc": auc(fit), "bins": _bins(fit), "unfit": unfit_counts})
    return rows


def _picked(part: pl.DataFrame) -> pl.DataFrame:
    """Answers that have a chosen candidate, with whether each way to pick one gives a right candidate."""
    right, chosen = pl.col("right"), pl.col("right").filter("chosen").first()
    with_chosen = part.filter(pl.col("chosen").any().over("answer_id"))
    answers = with_chosen.sort("answer_id", "candidate").group_by("answer_id")
    return answers.agg(first=right.first(), random=right.mean(), chosen=chosen, best=right.any())


def auc(fit: pl.DataFrame) -> float | None:
    """The area under the ROC curve: how often a right candidate has a higher quality than a wrong one, ties as halves.

    Computed from ranks, as the Mann-Whitney statistic. None unless there are both kinds.
    """
    right, wrong = int(fit["right"].sum()), int((~fit["right"]).sum())
    if not right or not wrong:
        return None
    ranks = float(fit["quality"].rank("average").filter(fit["right"]).sum())
    return (ranks - right * (right + 1) / 2) / (right * wrong)


def _bins(fit: pl.DataFrame) -> list[dict[str, Any]]:
    right, every = (np.histogram(part["quality"], EDGES)[0].tolist() for part in (fit.filter("right"), fit))
    bins = zip(pairwise(EDGES), right, every, strict=True)
    return [{"low": low, "high": high, "right": good, "count": count} for (low, high), good, count in bins]

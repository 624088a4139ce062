"""The quality estimate against the truth, where the truth about a seed is known.

A candidate is right if every known fact that the English answer tells stands in it, in its language. Facts come as data (`report.truth`
in params.yaml); of a seed that is not in them nothing is known, and its candidates are left out.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import numpy as np
import orjson
import polars as pl

from xlforge.evaluation.judging.truth import facts
from xlforge.report.built import Built

EDGES = (0.0, 0.8, 0.9, 0.95, 0.99, 1.0)
"""Bins of quality: the lower edge belongs to a bin, and 1.0 to the last."""


def known(lines: Iterable[bytes]) -> dict[str, list[dict[str, Any]]]:
    """JSON lines with `id` and `slots` (fact → language → phrase) as facts by given id."""
    return {
        row["id"]: [
            {"slot": slot, "phrases": [{"language": code, "phrase": phrase} for code, phrase in said.items()]}
            for slot, said in (row["slots"] or {}).items()
        ]
        for row in map(orjson.loads, lines)
    }


def rightness(built: Built) -> dict[str, bool]:
    """Candidate id → whether it is right, for the candidates whose answers tell a known fact."""
    found = {}
    told: dict[str, list[dict[str, Any]]] = {}
    for row in built.candidates.select("id", "answer_id", "language", "response", "translation").iter_rows(named=True):
        answer = row["answer_id"]
        if answer not in told:
            # A seed's id is its given id and a digest of its content.
            about = built.truth.get(answer.rsplit("-", 1)[0], [])
            told[answer] = [fact for fact in about if facts(row["response"], [fact], "en")]
        share = facts(row["translation"], told[answer], row["language"]) if told[answer] else None
        if share is not None:
            found[row["id"]] = share == 1.0
    return found


def agreement(built: Built, right: dict[str, bool]) -> list[dict[str, Any]]:
    """One row a language that has known candidates.

    first, random, chosen, best: the share of answers whose candidate is right if the first is taken, one at random, the chosen one, a right
    one wherever there is one; over answers with a chosen candidate. auc: how often a right candidate has a higher quality than
    a wrong one, ties as halves. bins: by EDGES, of the candidates with a quality. unfit: counts of those without, right and in all.
    """
    if not right:
        return []
    judged = built.candidates.filter(pl.col("id").is_in(list(right))).with_columns(
        right=pl.col("id").replace_strict(right, return_dtype=pl.Boolean)
    )
    rows = []
    for code in built.codes:
        part = judged.filter(pl.col("language") == code)
        fit, unfit = part.filter(pl.col("quality").is_not_null()), part.filter(pl.col("quality").is_null())
        taken = part.filter(pl.col("chosen").any().over("answer_id")).sort("answer_id", "candidate")
        answers = taken.group_by("answer_id").agg(
            first=pl.col("right").first(),
            random=pl.col("right").mean(),
            chosen=pl.col("right").filter("chosen").first(),
            best=pl.col("right").any(),
        )
        if answers.is_empty():
            continue
        shares = {name: answers[name].cast(pl.Float64).mean() for name in ("first", "random", "chosen", "best")}
        rows.append(
            {
                "code": code,
                "answers": len(answers),
                "candidates": len(part),
                **shares,
                "auc": auc(fit.filter("right")["quality"], fit.filter(~pl.col("right"))["quality"]),
                "bins": _bins(fit),
                "unfit": (int(unfit["right"].sum()), len(unfit)),
            }
        )
    return rows


def auc(right: pl.Series, wrong: pl.Series) -> float | None:
    """The area under the ROC curve by the Mann-Whitney statistic; None unless there are both kinds."""
    if right.is_empty() or wrong.is_empty():
        return None
    ordered = np.sort(wrong.to_numpy())
    under, upto = (np.searchsorted(ordered, right.to_numpy(), side) for side in ("left", "right"))
    return float((under + upto).sum() / (2 * len(right) * len(wrong)))


def _bins(fit: pl.DataFrame) -> list[dict[str, Any]]:
    rows = []
    for low, high in pairwise(EDGES):
        inside = fit.filter(pl.col("quality").is_between(low, high, closed="both" if high == EDGES[-1] else "left"))
        rows.append({"low": low, "high": high, "right": int(inside["right"].sum()), "count": len(inside)})
    return rows

"""The figures of an evaluation as rows: one for each model, set of prompts and language, and for the means over languages.

Groups of a set's languages: each language by its code; `mean`, over the languages trained on; `zero_shot`, over the others.
Win rates are against the reference. What was not judged is null, never a number.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import polars as pl

from xlforge.evaluation.length import length_controlled
from xlforge.evaluation.win_rates import difference, order_agreement, win_rate

MEASURES = (
    "line_pass",
    "word_pass",
    "right_language",
    "facts",
    "facts_asked",
    "chrf",
    "precision",
    "informativeness",
    "naturalness",
    "objectivity",
)
"""What is measured of an answer by itself; a group's figure is the mean over its answers, as a share or on the measure's own scale."""


@dataclass(frozen=True)
class Evaluated:
    """What is known of one model. verdicts: a row a judgement; answers: a row an answer (`pipelines/verdicts/<version>/schema.py`)."""

    name: str
    verdicts: pl.DataFrame
    answers: pl.DataFrame

    def against(self, opponent: str, wanted: pl.DataFrame) -> pl.DataFrame:
        """The wanted prompts in their order, with this model's verdicts against an opponent, null where there is none."""
        judged = self.verdicts.filter(pl.col("opponent") == opponent)
        columns = ["preference", "first_order", "second_order", "length", "opponent_length"]
        return wanted.join(
            judged.select(pl.col("prompt_row").alias("id"), *columns), on="id", how="left", maintain_order="left"
        )


def groups(wanted: pl.DataFrame, trained: Sequence[str]) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """(set, group, prompts) of everything that a figure is told of."""
    for name in wanted["set"].unique().sort().to_list():
        prompts = wanted.filter(pl.col("set") == name)
        codes = prompts["language"].unique().sort().to_list()
        for code in codes:
            yield name, code, prompts.filter(pl.col("language") == code)
        for group, chosen in (
            ("mean", [code for code in codes if code in trained]),
            ("zero_shot", [code for code in codes if code not in trained]),
        ):
            if chosen and codes != ["en"]:
                yield name, group, prompts.filter(pl.col("language").is_in(chosen))


def figures(model: Evaluated, reference: str, wanted: pl.DataFrame, trained: Sequence[str]) -> list[dict[str, Any]]:
    """A model's rows. wanted: the benchmark's `id, prompt_id, set, language`; trained: codes of the languages trained on.

    win_rate, low and high (95 %, bootstrap over prompts), length_controlled: percent. coverage, agreement and the measures:
    shares or means. length: characters. Means over languages count each language the same.
    """
    rows = []
    for name, group, prompts in groups(wanted, trained):
        judged = model.against(reference, prompts)
        many = prompts["language"].n_unique() > 1
        row: dict[str, Any] = {"model": model.name, "set": name, "language": group, "prompts": len(prompts)}
        row |= dict.fromkeys(("win_rate", "low", "high", "length_controlled", "coverage", "agreement"))
        if model.name != reference:
            found = win_rate(
                judged["preference"].to_list(),
                groups=judged["prompt_id"].to_list() if many else None,
                strata=judged["language"].to_list() if many else None,
            )
            low, high = found.interval or (None, None)
            agreement = order_agreement(judged["first_order"].to_list(), judged["second_order"].to_list()).agreement
            row |= {
                "win_rate": found.win_rate,
                "low": low,
                "high": high,
                "coverage": found.coverage,
                "agreement": agreement,
            }
            row["length_controlled"] = _mean([_controlled(part) for part in judged.partition_by("language")])
        answers = prompts.select("id", "language").join(
            model.answers.select("id", "length", *MEASURES), on="id", how="left", maintain_order="left"
        )
        row |= {key: _by_language(answers, key) for key in ("length", *MEASURES)}
        rows.append({key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()})
    return rows


def compared(
    model: Evaluated, other: Evaluated, reference: str, wanted: pl.DataFrame, trained: Sequence[str]
) -> list[dict[str, Any]]:
    """How much a model's win rate is over another's on the same cross-lingual prompts, with interval and p-value.

    difference, low, high: percentage points; head_to_head: percent of the judged pairs that the model won against the other
    itself, ties as halves, where those were judged.
    """
    rows = []
    for name, group, prompts in groups(wanted.filter(pl.col("set") == "crosslingual"), trained):
        if group not in ("mean", "zero_shot"):
            continue
        ours, theirs = model.against(reference, prompts), other.against(reference, prompts)
        names, layers = prompts["prompt_id"].to_list(), prompts["language"].to_list()
        found = difference(ours["preference"].to_list(), theirs["preference"].to_list(), names, layers)
        low, high = found.interval or (None, None)
        direct = win_rate(model.against(other.name, prompts)["preference"].to_list(), names, layers)
        row = {
            "model": model.name,
            "other": other.name,
            "set": name,
            "language": group,
            "difference": found.difference,
            "low": low,
            "high": high,
            "p_value": found.p_value,
            "pairs": found.n,
            "head_to_head": direct.win_rate,
        }
        rows.append({key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()})
    return rows


def uncovered(rows: Sequence[Mapping[str, Any]], least: float) -> list[str]:
    """The rows whose coverage is under the bar, in words."""
    return [
        f"{row['model']} in {row['set']}/{row['language']}: {row['coverage']:.1%}"
        for row in rows
        if row["coverage"] is not None and row["coverage"] < least
    ]


def _controlled(judged: pl.DataFrame) -> float | None:
    longer = (judged["length"] - judged["opponent_length"]).fill_null(0)
    return length_controlled(judged["preference"].to_list(), longer.to_list()).win_rate


def _by_language(answers: pl.DataFrame, key: str) -> float | None:
    """The mean over languages of the mean over their answers; null if any of them has none."""
    means = answers.group_by("language").agg(pl.col(key).cast(pl.Float64).mean())[key].to_list()
    return _mean(means)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None

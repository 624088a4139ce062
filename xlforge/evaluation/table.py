"""The figures of an evaluation as rows: one for each model, set of prompts and language, and for the means over languages.

Groups of a set's languages: each language by its code; `mean`, over the languages trained on; `zero_shot`, over the others.
Win rates are against the reference. What was not judged is null, never a number.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

import polars as pl

from xlforge.evaluation.length import length_controlled
from xlforge.evaluation.win_rates import difference, order_agreement, win_rate

Row = dict[str, Any]
WIN_RATE = ("win_rate", "low", "high", "length_controlled", "coverage", "agreement")
GRADES = ("precision", "informativeness", "naturalness", "objectivity")
MEASURES = ("line_pass", "word_pass", "right_language", "facts", "facts_in_language", "chrf", *GRADES)
"""What is measured of one answer alone; the figure of a group is the mean over its answers, as a share or on the measure's own scale."""


@dataclass(frozen=True)
class Evaluated:
    """One model's verdicts, a row a judgement, and answers, a row an answer (`pipelines/verdicts/<version>/schema.py`)."""

    name: str
    verdicts: pl.DataFrame
    answers: pl.DataFrame

    def against(self, opponent: str, wanted: pl.DataFrame) -> pl.DataFrame:
        """The wanted prompts in their order, with this model's verdicts against an opponent, null where there is none."""
        columns = ["preference", "first_order", "second_order", "length", "opponent_length"]
        judged = self.verdicts.filter(pl.col("opponent") == opponent).select(pl.col("prompt_row").alias("id"), *columns)
        return wanted.join(judged, on="id", how="left", maintain_order="left")


def groups(wanted: pl.DataFrame, trained: Sequence[str]) -> Iterator[tuple[str, str, pl.DataFrame]]:
    """(set, group, prompts) of every row of the table."""
    for name in wanted["set"].unique().sort().to_list():
        prompts = wanted.filter(pl.col("set") == name)
        codes = prompts["language"].unique().sort().to_list()
        for code in codes:
            yield name, code, prompts.filter(pl.col("language") == code)
        for group, is_trained in (("mean", True), ("zero_shot", False)):
            chosen = [code for code in codes if (code in trained) == is_trained]
            if chosen and codes != ["en"]:
                yield name, group, prompts.filter(pl.col("language").is_in(chosen))


def figures(model: Evaluated, reference: str, wanted: pl.DataFrame, trained: Sequence[str]) -> list[Row]:
    """A model's rows.

    win_rate, low and high (95 %, bootstrap over prompts), length_controlled: percent. coverage, agreement and the measures:
    shares or means. length: characters. In means over languages each language has the same weight.

    Args:
        wanted: the benchmark's `id, prompt_id, set, language`.
        trained: codes of the languages trained on.
    """
    rows = []
    for name, group, prompts in groups(wanted, trained):
        row: Row = {"model": model.name, "set": name, "language": group, "prompts": len(prompts)}
        own = model.name == reference
        row |= dict.fromkeys(WIN_RATE) if own else _win_rate(model.against(reference, prompts))
        measured = model.answers.select("id", "length", *MEASURES)
        answers = prompts.select("id", "language").join(measured, on="id", how="left", maintain_order="left")
        rows.append(_rounded(row | {key: _by_language(answers, key) for key in ("length", *MEASURES)}))
    return rows


def _win_rate(judged: pl.DataFrame) -> Row:
    several = judged["language"].n_unique() > 1
    names, layers = (judged[name].to_list() if several else None for name in ("prompt_id", "language"))
    found = win_rate(judged["preference"].to_list(), names, layers)
    controlled = _mean([_length_controlled(part) for part in judged.partition_by("language")])
    agreement = order_agreement(judged["first_order"].to_list(), judged["second_order"].to_list())
    values = (found.win_rate, *(found.interval or (None, None)), controlled, found.coverage, agreement)
    return dict(zip(WIN_RATE, values, strict=True))


def compared(
    model: Evaluated, other: Evaluated, reference: str, wanted: pl.DataFrame, trained: Sequence[str]
) -> list[Row]:
    """The difference of two models' win rates on the same cross-lingual prompts, with interval and p-value.

    difference, low, high: percentage points; head_to_head: percent of the judged pairs that the model won against the other
    itself, ties as halves, where such pairs were judged.
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
        row: Row = {"model": model.name, "other": other.name, "set": name, "language": group}
        row |= {"difference": found.difference, "low": low, "high": high, "p_value": found.p_value}
        rows.append(_rounded(row | {"pairs": found.n, "head_to_head": direct.win_rate}))
    return rows


def uncovered(rows: Sequence[Mapping[str, Any]], min_coverage: float) -> list[str]:
    """The rows whose coverage is too small, as messages."""
    low = (row for row in rows if row["coverage"] is not None and row["coverage"] < min_coverage)
    return [f"{row['model']} in {row['set']}/{row['language']}: {row['coverage']:.1%}" for row in low]


def _rounded(row: Row) -> Row:
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()}


def _length_controlled(judged: pl.DataFrame) -> float | None:
    longer = (judged["length"] - judged["opponent_length"]).fill_null(0)
    return length_controlled(judged["preference"].to_list(), longer.to_list()).win_rate


def _by_language(answers: pl.DataFrame, key: str) -> float | None:
    """The mean over languages of the mean over their answers; null if a language has none."""
    means = answers.group_by("language").agg(pl.col(key).cast(pl.Float64).mean())[key].to_list()
    return _mean(means)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None

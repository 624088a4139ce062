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
TRUTH = ("by_truth", "by_truth_low", "by_truth_high", "truth_agreement", "truth_ties", "truth_kappa")
"""A judge beside the comparison with the truth; null where the judge is this comparison, or there is no truth."""
NOT_SAMPLED = "not_sampled"
DIFFERENCE = ("difference", "low", "high", "p_value", "detectable", "pairs")
TRUTH_DECIDES = {"language", "facts", "chrf"}
GRADES = ("precision", "informativeness", "naturalness", "objectivity")
MEASURES = ("line_pass", "word_pass", "right_language", "facts", "facts_in_language", "chrf", *GRADES)
"""What is measured of one answer alone; the figure of a group is the mean over its answers, as a share or on the measure's own scale."""
WHOLE = ("stop", "file")
"""Finish reasons of answers that ended by themselves, or come from a file. All others were cut at `max_tokens`, or withheld."""


@dataclass(frozen=True)
class Evaluated:
    """One model's verdicts, a row a judgement, and answers, a row an answer (`pipelines/verdicts/<version>/schema.py`)."""

    name: str
    verdicts: pl.DataFrame
    answers: pl.DataFrame

    def against(self, opponent: str, wanted: pl.DataFrame) -> pl.DataFrame:
        """The wanted prompts in their order, with this model's verdicts against an opponent, null where there is none.

        Prompts that the judge was not to see are left out (`verdicts.sample`).
        """
        judged = self._against(opponent).filter(pl.col("settled_by") != NOT_SAMPLED)
        seen = wanted.filter(
            ~pl.col("id").is_in(self._against(opponent).filter(settled_by=NOT_SAMPLED)["id"].implode())
        )
        return seen.join(judged, on="id", how="left", maintain_order="left")

    def by_truth(self, opponent: str, wanted: pl.DataFrame) -> pl.DataFrame:
        """All the wanted prompts in their order, with the judge's preference and the truth's."""
        return wanted.join(self._against(opponent), on="id", how="left", maintain_order="left")

    def _against(self, opponent: str) -> pl.DataFrame:
        columns = ["preference", "first_order", "second_order", "length", "opponent_length", "settled_by", "by_truth"]
        known = self.verdicts if "by_truth" in self.verdicts.columns else self.verdicts.with_columns(by_truth=None)
        return known.filter(pl.col("opponent") == opponent).select(pl.col("prompt_row").alias("id"), *columns)


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
    shares or means. length: characters. In means over languages each language has the same weight. cut_off: the number of answers that
    did not end by themselves.

    Args:
        wanted: the benchmark's `id, prompt_id, set, language`.
        trained: codes of the languages trained on.
    """
    rows = []
    for name, group, prompts in groups(wanted, trained):
        row: Row = {"model": model.name, "set": name, "language": group, "prompts": len(prompts)}
        row["cut_off"] = _cut_off(model.answers, prompts)
        own = model.name == reference
        row |= dict.fromkeys((*WIN_RATE, *TRUTH)) if own else _win_rate(model.against(reference, prompts))
        row |= {} if own else _beside_truth(model.by_truth(reference, prompts))
        measured = model.answers.select("id", "length", *MEASURES)
        answers = prompts.select("id", "prompt_id", "language").join(
            measured, on="id", how="left", maintain_order="left"
        )
        row |= {key: _by_language(answers, key) for key in ("length", *MEASURES)}
        rows.append(_rounded(row | {key: end for name in GRADES for key, end in _interval(answers, name).items()}))
    return rows


def _win_rate(judged: pl.DataFrame) -> Row:
    several = judged["language"].n_unique() > 1
    names, layers = (judged[name].to_list() if several else None for name in ("prompt_id", "language"))
    found = win_rate(judged["preference"].to_list(), names, layers)
    controlled = _mean([_length_controlled(part) for part in judged.partition_by("language")])
    agreement = order_agreement(judged["first_order"].to_list(), judged["second_order"].to_list())
    values = (found.win_rate, *(found.interval or (None, None)), controlled, found.coverage, agreement)
    return dict(zip(WIN_RATE, values, strict=True))


def _beside_truth(judged: pl.DataFrame) -> Row:
    """The win rate by the truth over all prompts, and how far the judge agrees on the pairs that the truth separates.

    truth_agreement: the share with the truth's winner. truth_ties: the share without a winner. truth_kappa: Cohen's kappa of win, tie and
    loss (Cohen, 1960).
    """
    if judged["by_truth"].is_null().all() or set(judged["settled_by"].drop_nulls()) <= TRUTH_DECIDES:
        return dict.fromkeys(TRUTH)
    several = judged["language"].n_unique() > 1
    names, layers = (judged[name].to_list() if several else None for name in ("prompt_id", "language"))
    found = win_rate(judged["by_truth"].to_list(), names, layers)
    separated = judged.filter(pl.col("preference").is_not_null(), pl.col("by_truth") != 0.5)
    signs = [(separated[name] - 0.5).sign().cast(pl.Int8) for name in ("preference", "by_truth")]
    same, ties = (signs[0] == signs[1]).mean(), (signs[0] == 0).mean()
    values = (found.win_rate, *(found.interval or (None, None)), same, ties, kappa(*signs))
    return dict(zip(TRUTH, values, strict=True))


def kappa(one: pl.Series, other: pl.Series) -> float | None:
    """Cohen's kappa of two raters: (observed - expected) / (1 - expected) agreement; None where agreement by chance is certain."""
    values = {*one, *other}
    expected = sum(float((one == value).mean()) * float((other == value).mean()) for value in values)  # type: ignore[arg-type]
    return (float((one == other).mean()) - expected) / (1 - expected) if values and expected < 1 else None  # type: ignore[arg-type]


def compared(
    model: Evaluated, other: Evaluated, reference: str, wanted: pl.DataFrame, trained: Sequence[str]
) -> list[Row]:
    """The difference of two models' win rates on the same cross-lingual prompts, with interval and p-value.

    difference, low, high, detectable: percentage points, the last the smallest difference that so many prompts show; pairs: the number of
    prompts; head_to_head: percent of the judged pairs that the model won against the other itself, ties as halves, where such pairs were
    judged. truth_difference and so on: the same by the comparison with the truth, next to a judge; else null.
    """
    rows = []
    for name, group, prompts in groups(wanted.filter(pl.col("set") == "crosslingual"), trained):
        if group not in ("mean", "zero_shot"):
            continue
        ours, theirs = model.against(reference, prompts), other.against(reference, prompts)
        direct = model.against(other.name, prompts)
        row: Row = {"model": model.name, "other": other.name, "set": name, "language": group}
        row |= _difference(ours, theirs, "preference")
        row["head_to_head"] = win_rate(direct["preference"].to_list(), *_names(direct)).win_rate
        if set(ours["settled_by"].drop_nulls()) <= TRUTH_DECIDES:
            row |= dict.fromkeys(f"truth_{key}" for key in DIFFERENCE)
        else:
            frames = model.by_truth(reference, prompts), other.by_truth(reference, prompts)
            row |= {f"truth_{key}": value for key, value in _difference(*frames, "by_truth").items()}
        rows.append(_rounded(row))
    return rows


def _difference(ours: pl.DataFrame, theirs: pl.DataFrame, column: str) -> Row:
    """The difference of the win rates that a column of preferences gives, on the prompts that both frames have."""
    both = ours.join(theirs.select("id", other=column), on="id", maintain_order="left")
    found = difference(both[column].to_list(), both["other"].to_list(), *_names(both))
    values = (found.difference, *(found.interval or (None, None)), found.p_value, found.detectable, found.n)
    return dict(zip(DIFFERENCE, values, strict=True))


def _names(prompts: pl.DataFrame) -> tuple[list[str], list[str]]:
    return prompts["prompt_id"].to_list(), prompts["language"].to_list()


def uncovered(rows: Sequence[Mapping[str, Any]], min_coverage: float) -> list[str]:
    """The rows whose coverage is too small, as messages."""
    low = (row for row in rows if row["coverage"] is not None and row["coverage"] < min_coverage)
    return [f"{row['model']} in {row['set']}/{row['language']}: {row['coverage']:.1%}" for row in low]


def _cut_off(answers: pl.DataFrame, prompts: pl.DataFrame) -> int:
    return len(answers.filter(pl.col("id").is_in(prompts["id"].implode()), ~pl.col("finish").is_in(WHOLE)))


def _rounded(row: Row) -> Row:
    return {key: round(value, 4) if isinstance(value, float) else value for key, value in row.items()}


def _length_controlled(judged: pl.DataFrame) -> float | None:
    longer = (judged["length"] - judged["opponent_length"]).fill_null(0)
    return length_controlled(judged["preference"].to_list(), longer.to_list()).win_rate


def _interval(answers: pl.DataFrame, grade: str) -> Row:
    """The 95 % bootstrap interval over prompts of a mean grade, on the grades' scale of 1 to 5."""
    shares = ((answers[grade].cast(pl.Float64) - 1) / 4).to_list()
    several = answers["language"].n_unique() > 1
    names, layers = (answers[name].to_list() if several else None for name in ("prompt_id", "language"))
    ends = win_rate(shares, names, layers).interval or (None, None)
    values = (None if end is None else 1 + 4 * end / 100 for end in ends)
    return dict(zip((f"{grade}_low", f"{grade}_high"), values, strict=True))


def _by_language(answers: pl.DataFrame, key: str) -> float | None:
    """The mean over languages of the mean over their answers; null if a language has none."""
    means = answers.group_by("language").agg(pl.col(key).cast(pl.Float64).mean())[key].to_list()
    return _mean(means)


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return fmean(known) if known and len(known) == len(values) else None

"""From seeds to examples: what each stage was given, what went on, and why the rest did not."""

from __future__ import annotations

from typing import Any

import polars as pl

from xlforge.languages.registry import LANGUAGES
from xlforge.report.built import Built

UNITS = {
    "seeds": "passages",
    "instructions": "questions",
    "responses": "English answers",
    "scores": "graded pairs",
    "translations": "candidate translations",
    "selection": "chosen translations",
    "dataset": "training examples",
}


def funnel(built: Built) -> list[dict[str, Any]]:
    """One step a stage: given, kept, unsampled, aside (counts), reasons (counts), width (of the bar, percent of its group's widest)."""
    steps = []
    for stage, unit in UNITS.items():
        counts = [built.metrics[stage, item] for item in built.items(stage)]
        reasons: dict[str, int] = {}
        for count in counts:
            for reason, number in count["reasons"].items():
                reasons[reason] = reasons.get(reason, 0) + number
        kept, aside = (sum(count[key] for count in counts) for key in ("rows", "rejects"))
        unsampled = sum(count.get("not_sampled", 0) for count in counts)
        steps.append(
            {
                "stage": stage,
                "unit": unit,
                "given": kept + aside + unsampled,
                "kept": kept,
                "unsampled": unsampled,
                "aside": aside,
                "reasons": sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0])),
            }
        )
    for group in (steps[:4], steps[4:]):
        widest = max(step["given"] for step in group) or 1
        for step in group:
            step["width"] = 100 * step["given"] / widest
    return steps


def languages(built: Built) -> list[dict[str, Any]]:
    """One row a language: counts, shares, quality of the first candidate and of the chosen, lengths in characters."""
    told = {row["language"]: row for row in _lengths(built).to_dicts()}
    rows = []
    for code in built.codes:
        made, chosen = built.metrics["translations", code], built.metrics["selection", code]
        rows.append(
            {
                "code": code,
                "resources": LANGUAGES[code].resources,
                "answers": chosen["rows"] + chosen["rejects"],
                "candidates": made["rows"],
                "fit": chosen["candidates"]["fit"],
                "chosen": chosen["rows"],
                "reasons": sorted(chosen["reasons"].items(), key=lambda pair: (-pair[1], pair[0])),
                "first": chosen["chosen_first"],
                "quality_first": chosen["quality"]["first"],
                "quality": chosen["quality"]["best"],
                "examples": told.get(code, {}).get("examples", 0),
                "length": told.get(code, {}).get("length"),
            }
        )
    return rows


def _lengths(built: Built) -> pl.DataFrame:
    answer = pl.col("completion").list.first().struct.field("content").str.len_chars()
    return built.examples.group_by("language").agg(examples=pl.len(), length=answer.mean())

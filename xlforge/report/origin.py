"""What the build cost and what it was made with.

A page of equal builds is equal, so the cost is what was asked for and written, whoever paid: what a run bought, what it found in the
store and how long it took stand in the run log.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from xlforge.config.dag import position
from xlforge.config.models import Model
from xlforge.config.params import staged
from xlforge.config.students import Base
from xlforge.report.built import Built

FEW = 3
"""Fingerprints of one prompt file that are named; a benchmark's own prompts are hundreds."""


def cost(built: Built) -> list[dict[str, Any]]:
    """One row a stage that asks a model: rows, calls and characters behind them; tokens where the stage's metrics have them (`asked`)."""
    graded = pl.concat_str(pl.col("reasons").list.join(" "))
    written = {
        "instructions": (_calls(built.instructions, "instructions"), built.instructions["instruction"]),
        "responses": (_calls(built.responses, "responses"), built.responses["response"]),
        "scores": (_calls(built.scores, "scores"), built.scores.select(graded).to_series()),
        "translations": (len(built.candidates), built.candidates["translation"]),
        "selection": (built.candidates["back_translation"].count(), built.candidates["back_translation"].drop_nulls()),
        "answers": (_calls(built.answers, "answers"), built.answers["answer"]),
        "verdicts": (_calls(built.verdicts, "verdicts"), pl.Series([], dtype=pl.String)),
    }
    rows = []
    for stage, (calls, words) in written.items():
        metrics = [built.metrics[stage, item] for item in built.items(stage)]
        asked = [one["asked"] for one in metrics if "asked" in one]
        rows.append(
            {
                "stage": stage,
                "rows": sum(one["rows"] for one in metrics),
                "calls": calls,
                "characters": int(words.str.len_chars().sum() or 0),
                "asked": {key: sum(one[key] for one in asked) for key in asked[0]} if asked else None,
            }
        )
    return rows


def _calls(rows: pl.DataFrame, stage: str) -> int:
    """Model calls behind rows: entries of their provenance that the stage wrote."""
    made = rows.select(pl.col("provenance").list.explode(empty_as_null=False)).to_series()
    return int((made.struct.field("stage") == stage).sum()) if len(made) else 0


def models(built: Built) -> list[dict[str, str]]:
    """One row a model: its role, its name, its revision and what runs it."""
    roles: dict[str, Model | Base] = {role: built.params.role(role) for role in ("teacher", "judge", "estimator")}
    roles |= {f"translator {name}": model for name, model in built.params.translators.items()}
    roles |= {f"base {name}": base for name, base in built.params.bases.items()}
    rows = []
    for role, model in roles.items():
        engine = getattr(model, "engine", "transformers")
        rows.append({"role": role, "model": model.model, "revision": model.revision or "–", "engine": engine})
    return rows


def versions(built: Built) -> list[tuple[str, str, list[str]]]:
    """Stage, version of its pipeline, and the prompts behind the rows, as `file@fingerprint`, or how many where they are many."""
    frames = (built.examples, built.answers, built.verdicts)
    used = pl.concat([frame.select(pl.col("provenance").list.explode(empty_as_null=False)) for frame in frames])
    prompts: dict[tuple[str, str], list[str]] = {}
    for stage, prompt in (
        used.unnest("provenance").select("stage", "prompt").unique().sort("stage", "prompt").iter_rows()
    ):
        prompts.setdefault((stage, prompt.split("@")[0]), []).append(prompt)
    told: dict[str, list[str]] = {}
    for (stage, name), found in prompts.items():
        told.setdefault(stage, []).extend(found if len(found) <= FEW else [f"{name} ({len(found)} of them)"])
    return [(stage, built.params.block(stage).version, told.get(stage, [])) for stage in sorted(staged(), key=position)]

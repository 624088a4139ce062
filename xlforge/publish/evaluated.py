"""The evaluation that belongs to a build, if one does: an evaluation of another build is left out, and that is said."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from xlforge.config.params import Config
from xlforge.publish import made, state


@dataclass(frozen=True)
class Evaluated:
    """rows: of data/evaluation/table.csv; differences: of differences.csv; judge and reference: as params.yaml names them."""

    judge: str
    reference: str
    rows: list[dict[str, Any]]
    differences: list[dict[str, Any]]

    def of(self, group: str, model: str | None = None) -> list[dict[str, Any]]:
        """The rows of a group of the cross-lingual prompts (`mean`, `zero_shot`, a language's code)."""
        wanted = [row for row in self.rows if row["set"] == "crosslingual" and row["language"] == group]
        return [row for row in wanted if model in (None, row["model"])]


def evaluated(config: Config) -> tuple[Evaluated | None, list[str]]:
    """The figures, and a note where there are none. BuildError where they were changed by hand."""
    if not (made.DATA / "evaluation" / "table.csv").exists():
        return None, ["no evaluation was made: the card says so (`dvc repro` makes one)"]
    found = state.drift("evaluation")
    state.refuse_changed(found.changed)
    if found.missing or found.stale:
        why = [*found.missing, *found.stale][0]
        return None, [
            f"the evaluation here is not of this build ({why}): the card leaves it out (`dvc repro` makes one)"
        ]
    verdicts = config.block("verdicts")
    rows, differences = made.figures("table.csv"), made.figures("differences.csv")
    return Evaluated(told(verdicts.judge, config), verdicts.reference, rows, differences), []


def told(judge: str, config: Config) -> str:
    """The judge in words."""
    if judge == "embedded":
        return "chrF of both answers against the benchmark's own right one"
    return f"the model {config.judge.model}, asked in both orders"


def what(name: str, config: Config) -> str:
    """What one of the compared models is, in words."""
    entry = config.models[name]
    if entry.student:
        made_of = config.students[entry.student]
        return f"{made_of.base} trained on {made_of.config}" + (f", rows {made_of.rows:g}" if made_of.rows else "")
    return str(entry.model or entry.file)

"""The evaluation of a build. The card omits an evaluation of another build, and the command prints why."""

from dataclasses import dataclass
from typing import Any

import polars as pl

from xlforge.base.errors import BuildError
from xlforge.config.params import Config
from xlforge.publish import build, state


@dataclass(frozen=True)
class Evaluated:
    """judge, reference: as the card names them. rows: of data/evaluation/table.csv. differences: of differences.csv."""

    judge: str
    reference: str
    rows: list[dict[str, Any]]
    differences: list[dict[str, Any]]

    def of(self, group: str) -> list[dict[str, Any]]:
        """The rows of the cross-lingual prompts in a group: `mean`, `zero_shot`, or the code of a language."""
        return [row for row in self.rows if row["set"] == "crosslingual" and row["language"] == group]


def evaluated(config: Config) -> tuple[Evaluated | None, list[str]]:
    """The figures, or a note that gives the reason why there are none. Raises BuildError where they were changed by hand."""
    folder = build.DATA / "evaluation"
    if not (folder / "table.csv").exists():
        return None, ["there is no evaluation, and the card says so (`dvc repro` makes one)"]
    outputs, inputs = state.drift("evaluation")
    if changed := [each for each in outputs if each.endswith("modified")]:
        raise BuildError(f"the evaluation does not match dvc.lock: {'; '.join(changed)}; `dvc repro` builds it again")
    if reasons := outputs + inputs:
        return None, [f"the evaluation is not of this build ({reasons[0]}): the card omits it; `dvc repro` makes one"]
    how: Any = {"infer_schema_length": None, "raise_if_empty": False}
    rows, differences = (pl.read_csv(folder / name, **how).to_dicts() for name in ("table.csv", "differences.csv"))
    if not rows:
        return None, ["the build has no benchmark, so there is no evaluation, and the card says so"]
    judge = f"the model {config.judge.model}, in both orders of the answers"
    if config.block("verdicts").judge == "embedded":
        judge = "the comparison of both answers with the truth of the benchmark, without a model"
    return Evaluated(judge, config.block("verdicts").reference, rows, differences), []


def what(name: str, config: Config) -> str:
    """What one of the compared models is."""
    entry = config.models[name]
    if entry.student:
        student = config.students[entry.student]
        return f"{student.base} trained on {student.config}" + (f", rows {student.rows:g}" if student.rows else "")
    return str(entry.model or entry.file)

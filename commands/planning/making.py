"""Makes the plan of the checkout that this runs in."""

from __future__ import annotations

import os
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

from commands.planning.forecast import Forecast
from commands.planning.past import Lengths, Past
from commands.planning.planned import Planned
from commands.planning.ranges import Range, total
from commands.planning.stale import entries
from xlforge.core import params as parameters
from xlforge.execution import budget as budgets
from xlforge.execution.environment import execution, state


@dataclass(frozen=True)
class Plan:
    """The stages that would run, in order. budget: `20 EUR` as execution.budget has it, and what of it is spent."""

    stages: list[Planned]
    currency: str
    budget: budgets.Limit | None
    spent: float | None

    def sum(self, figure: str) -> Range:
        """The total of a figure, of the stages that it is known of."""
        return total(getattr(stage, figure) for stage in self.stages)

    def unknown(self, figure: str) -> list[str]:
        """The stages that a figure is not known of."""
        return [stage.name for stage in self.stages if getattr(stage, figure) is None]

    @property
    def over(self) -> str | None:
        """`yes` where the budget will not do, `perhaps` where it may not."""
        if self.budget is None:
            return None
        need = self.sum("billed_tokens" if self.budget.unit == budgets.TOKENS else "billed")
        left = self.budget.amount - (self.spent or 0)
        return "yes" if need.low > left else "perhaps" if need.high > left else "no"


def plan(targets: tuple[str, ...], allow_missing: bool = False) -> Plan:
    """Raises BuildError where params or dvc.yaml are wrong. allow_missing: that outputs are not here is no reason to run."""
    everything = parameters.load()
    declared = everything["execution"]
    how = everything["execution"] = execution(declared)
    # Both are loud when they are imported; the plan alone is to be heard.
    warnings.filterwarnings("ignore", module=r"pydantic\._internal\._generate_schema")
    os.environ["DISTILABEL_LOG_LEVEL"] = "CRITICAL"
    os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"
    wanted = entries(targets)
    if allow_missing:
        for entry in wanted:
            entry.changes = [change for change in entry.changes if not change.missing]
    from xlforge.execution.store import Store

    with Store(how.store) as store, tempfile.TemporaryDirectory(prefix="xlforge-plan-") as folder:
        past, lengths = Past(state() / "runs.jsonl"), Lengths(how.store)
        stages = Forecast(everything, past, lengths, store, Path(folder)).plan(wanted)
    # Without a period each `dvc repro` is allowed the whole budget.
    period = declared.period or os.environ.get("XLFORGE_PERIOD")
    spent = budgets.spent(how) if period else 0.0
    return Plan(stages, everything["prices"].currency, budgets.limit(how), spent)

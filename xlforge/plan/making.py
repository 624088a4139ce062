"""Makes the plan of the checkout that this runs in."""

from __future__ import annotations

import os
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

from xlforge.base.project import state
from xlforge.config import params as parameters
from xlforge.config.environment import execution
from xlforge.models import budget as budgets
from xlforge.plan.forecast import Forecast
from xlforge.plan.past import Lengths, Past
from xlforge.plan.planned import Planned
from xlforge.plan.ranges import Range, total
from xlforge.plan.stale import entries


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
    config = parameters.load()
    declared = config.execution
    how = config.execution = execution(declared)
    # Both are loud when they are imported; the plan alone is to be heard.
    warnings.filterwarnings("ignore", module=r"pydantic\._internal\._generate_schema")
    os.environ["DISTILABEL_LOG_LEVEL"] = "CRITICAL"
    os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"
    wanted = entries(targets)
    if allow_missing:
        for entry in wanted:
            entry.changes = [change for change in entry.changes if not change.missing]
    from xlforge.cache import Cache

    with Cache(how.cache) as store, tempfile.TemporaryDirectory(prefix="xlforge-plan-") as folder:
        past, lengths = Past(state() / "runs.jsonl"), Lengths(how.cache)
        stages = Forecast(config, past, lengths, store, Path(folder)).plan(wanted)
    # Without a period each `dvc repro` is allowed the whole budget.
    period = declared.period or os.environ.get("XLFORGE_PERIOD")
    spent = budgets.spent(how) if period else 0.0
    return Plan(stages, config.prices.currency, budgets.limit(how), spent)

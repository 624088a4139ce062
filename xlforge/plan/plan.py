"""The plan of the checkout that this runs in."""

import os
import tempfile
import warnings
from dataclasses import dataclass
from pathlib import Path

from xlforge.base.imports import uncollected
from xlforge.base.project import state
from xlforge.config import params as parameters
from xlforge.config.environment import execution
from xlforge.config.execution import Execution
from xlforge.config.params import Config
from xlforge.models import budget as budgets
from xlforge.plan.past import Past
from xlforge.plan.planned import Planned, total
from xlforge.plan.stale import Entry, entries

FIGURES = ("calls", "tokens_in", "tokens_out", "money", "seconds")


@dataclass(frozen=True)
class Plan:
    """The stages that would run, in order.

    Args:
        stages: in the order they would run.
        currency: of the price table.
        budget: as `execution.budget` has it.
        spent: what of the budget is spent.
    """

    stages: list[Planned]
    currency: str
    budget: budgets.Limit | None
    spent: float

    @property
    def total(self) -> Planned:
        """The sums over the stages where a figure is known; None where it is known of no stage."""
        whole = Planned("total", "yes", [], known=sum(stage.known for stage in self.stages))
        for figure in FIGURES:
            known = len(self.unknown(figure)) < len(self.stages)
            setattr(whole, figure, total(getattr(stage, figure) for stage in self.stages) if known else None)
        return whole

    def unknown(self, figure: str) -> list[str]:
        """The stages where a figure is not known."""
        return [stage.name for stage in self.stages if getattr(stage, figure) is None]

    @property
    def exceeded(self) -> bool | None:
        """Whether this plan needs more than what is left of the budget; None without a budget."""
        if self.budget is None:
            return None
        tokens = self.budget.unit == budgets.TOKENS
        need = total(stage.billed_tokens if tokens else stage.billed for stage in self.stages)
        return need.value > self.budget.amount - self.spent


def plan(targets: tuple[str, ...], allow_missing: bool = False) -> Plan:
    """What `dvc repro TARGETS` would run. Raises BuildError where params or dvc.yaml are invalid.

    Args:
        targets: stages, as for `dvc repro`; none for all.
        allow_missing: that an output is missing is no reason to run.
    """
    config = parameters.load()
    how = execution(config.execution)
    wanted = entries(targets)
    if allow_missing:
        for entry in wanted:
            entry.changes = [change for change in entry.changes if not change.missing]
    stages = _forecast(config, how, wanted) if any(entry.changes for entry in wanted) else []
    # Without a period each `dvc repro` is allowed the whole budget.
    period = config.execution.period or os.environ.get("XLFORGE_PERIOD")
    return Plan(stages, config.prices.currency, budgets.limit(how), (budgets.spent(how) or 0.0) if period else 0.0)


def _forecast(config: Config, how: Execution, wanted: list[Entry]) -> list[Planned]:
    # Libraries print on import; the plan alone is to be read.
    warnings.filterwarnings("ignore", module=r"pydantic\._internal\._generate_schema")
    os.environ["DISTILABEL_LOG_LEVEL"] = "CRITICAL"
    os.environ["HF_DATASETS_DISABLE_PROGRESS_BARS"] = "1"
    with uncollected():
        from xlforge.cache.cache import Cache
        from xlforge.plan.forecast import Forecast  # only here: it imports distilabel

    with Cache(how.cache) as cache, tempfile.TemporaryDirectory(prefix="xlforge-plan-") as folder:
        return Forecast(config, how, Past(state() / "runs.jsonl"), cache, Path(folder)).plan(wanted)

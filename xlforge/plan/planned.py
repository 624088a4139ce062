"""One stage of a plan, and the numbers in it: exact, or estimated from the last run."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from xlforge.plan.stale import Change


@dataclass(frozen=True)
class Estimate:
    """A number, and whether it is known or estimated."""

    value: float
    exact: bool = False

    def __add__(self, other: "Estimate") -> "Estimate":
        return Estimate(self.value + other.value, self.exact and other.exact)

    def __mul__(self, ratio: float) -> "Estimate":
        """A ratio comes from the last run, so the product is an estimate, except of exactly 0."""
        return Estimate(self.value * ratio, self.exact and not self.value)


NOTHING = Estimate(0, exact=True)


def total(numbers: Iterable[Estimate | None]) -> Estimate:
    """The sum of those that are known."""
    return sum((each for each in numbers if each is not None), NOTHING)


@dataclass
class Planned:
    """What is known of a stage that would run. A figure is None where nothing shows it.

    Args:
        name: as dvc has it, `selection@de`.
        runs: `yes`, `perhaps` (only if a stage before it gives other rows than now) or `restored` (dvc has its outputs in its cache).
        why: its reasons to run.
        rows: rows that it reads.
        calls: requests whose response is not in the cache.
        known: those among the calls whose prompt is known.
        cached: requests of its dry run whose response is in the cache.
        money: in the currency of the price table; None where a model has no price.
        billed, billed_tokens: the part that counts against a budget: all but the models in process.
        delivered: rows that it is known to deliver.
        pending: further rows, which depend on responses or rows that do not exist yet.
        same: whether it would deliver what is in data/ now.
    """

    name: str
    runs: str
    why: list[Change]
    rows: Estimate | None = None
    calls: Estimate | None = NOTHING
    known: int = 0
    cached: int = 0
    tokens_in: Estimate | None = NOTHING
    tokens_out: Estimate | None = NOTHING
    money: Estimate | None = NOTHING
    seconds: Estimate | None = NOTHING
    billed: Estimate = NOTHING
    billed_tokens: Estimate = NOTHING
    notes: list[str] = field(default_factory=list)
    delivered: int = 0
    pending: Estimate | None = NOTHING
    same: bool | None = None

    @property
    def stage(self) -> str:
        """The name without the item."""
        return self.name.partition("@")[0]

    @property
    def changed(self) -> bool:
        """Whether its own block of params.yaml changed."""
        return any(change.what.startswith(f"{self.stage}.") for change in self.why)

    @property
    def rows_out(self) -> Estimate | None:
        """All rows that it delivers."""
        return self.pending and self.pending + Estimate(self.delivered, exact=True)

    def note(self, text: str) -> None:
        """Adds a note, once."""
        if text not in self.notes:
            self.notes.append(text)

"""One stage of a plan."""

from __future__ import annotations

from dataclasses import dataclass, field

from xlforge.plan.ranges import NOTHING, Range
from xlforge.plan.stale import Change


@dataclass
class Planned:
    """What is known of a stage that would run.

    runs: `yes`, `perhaps` (only if a stage before it makes something else than now) or `restored` (dvc has it in its cache).
    rows: those it reads. calls: not in the store. held: those that are, as far as was counted. tokens, money (in the table's
    currency; None where a model has no price) and seconds of what is bought. None: there is nothing to tell it from.
    billed, billed_tokens: what of it a budget counts, which is what no model in process answers.
    known_out, unknown_out: rows that it is known to deliver, and those that hang on what is not there yet. same: whether they
    are what lies there now.
    """

    name: str
    runs: str
    changes: list[Change]
    rows: Range | None = None
    held: int = 0
    calls: Range | None = None
    tokens_in: Range | None = None
    tokens_out: Range | None = None
    money: Range | None = None
    seconds: Range | None = None
    billed: Range = NOTHING
    billed_tokens: Range = NOTHING
    notes: list[str] = field(default_factory=list)
    known_out: int = 0
    unknown_out: Range | None = NOTHING
    same: bool | None = None

    @property
    def rows_out(self) -> Range | None:
        return None if self.unknown_out is None else Range.of(self.known_out) + self.unknown_out

"""A number that is known, or an estimate with the lowest and highest that are likely."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Range:
    """An estimate between two bounds; exact where all three are one. No number in a plan is below nothing."""

    value: float
    low: float
    high: float

    @classmethod
    def of(cls, value: float) -> Range:
        """A number that is known."""
        return cls(value, value, value)

    @property
    def exact(self) -> bool:
        return self.low == self.high

    def __add__(self, other: Range) -> Range:
        return Range(self.value + other.value, self.low + other.low, self.high + other.high)

    def __mul__(self, other: Range) -> Range:
        return Range(self.value * other.value, self.low * other.low, self.high * other.high)

    def less(self, known: float) -> Range:
        """What is left of it when so much is known, and nothing where that is more."""
        return Range(*(max(0.0, number - known) for number in (self.value, self.low, self.high)))

    def told(self) -> dict[str, float | bool]:
        """As `--json` writes it."""
        return {name: round(getattr(self, name), 6) for name in ("value", "low", "high")} | {"exact": self.exact}


NOTHING = Range.of(0)


def total(ranges: Iterable[Range | None]) -> Range:
    """The sum of those that are known; an estimate's bounds are summed too, which is wider than chance would be."""
    return sum((each for each in ranges if each is not None), NOTHING)

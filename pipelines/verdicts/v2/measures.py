"""What is measured of one answer alone, as in v1; the judge may read the truth."""

from __future__ import annotations

from pipelines.verdicts.v1.measures import measured
from pipelines.verdicts.v1.measures import to_grade as to_grade_v1
from xlforge.base.rows import Row
from xlforge.steps.grades import DIMENSIONS

__all__ = ["DIMENSIONS", "measured", "to_grade"]


def to_grade(prompt: Row, answer: Row) -> Row:
    """An answer as the judge gets it."""
    return {**to_grade_v1(prompt, answer), "truth": prompt["truth"]}

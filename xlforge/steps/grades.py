"""Grades on four dimensions, as a judge gives them in JSON."""

from __future__ import annotations

import re
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from xlforge.steps.parsing import ParseError

DIMENSIONS = ("precision", "informativeness", "naturalness", "objectivity")
_FENCE = re.compile(r"\A```(?:json)?\s*\n(.*)\n```\Z", re.DOTALL)


# The schema of these models, docstrings included, is part of a request and so of its key in the cache: a change generates all grades again.
class Grade(BaseModel):
    """One dimension's grade, and the judge's reason for it, given first."""

    model_config = ConfigDict(extra="forbid")

    reason: str = Field(min_length=1)
    grade: int = Field(strict=True, ge=1, le=5)


class Grades(BaseModel):
    """The grades of one pair or answer."""

    model_config = ConfigDict(extra="forbid")

    precision: Grade
    informativeness: Grade
    naturalness: Grade
    objectivity: Grade


def grades_schema(of: str) -> dict[str, Any]:
    """The JSON schema of the grades of one `pair` or one `answer`."""
    return Grades.model_json_schema() | {"description": f"What the judge says of one {of}, as JSON."}


def read_grades(text: str) -> dict[str, Grade]:
    """The grades in a response, by dimension. The JSON may stand in a code fence. Raises ParseError."""
    text = text.strip()
    fenced = _FENCE.match(text)
    try:
        grades = Grades.model_validate_json(fenced.group(1) if fenced else text)
    except (ValidationError, UnicodeEncodeError) as error:
        faults = error.errors() if isinstance(error, ValidationError) else [{"loc": (), "msg": str(error)}]
        where = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'reply'}: {fault['msg']}" for fault in faults[:3])
        raise ParseError("unreadable_grades", where) from error
    return {name: getattr(grades, name) for name in DIMENSIONS}

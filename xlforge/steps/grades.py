"""Grades on four dimensions, as a judge gives them in JSON."""

from __future__ import annotations

import json
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from xlforge.steps.parsing import ParseError

DIMENSIONS = ("precision", "informativeness", "naturalness", "objectivity")
_DECODER = json.JSONDecoder()


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
    """The grades in a response, by dimension: those of its one JSON object, with whatever stands around it. Raises ParseError."""
    try:
        grades = Grades.model_validate_json(_json_object(text))
    except (ValidationError, UnicodeEncodeError) as error:
        faults = error.errors() if isinstance(error, ValidationError) else [{"loc": (), "msg": str(error)}]
        where = "; ".join(f"{'.'.join(map(str, fault['loc'])) or 'reply'}: {fault['msg']}" for fault in faults[:3])
        raise ParseError("unreadable_grades", where) from error
    return {name: getattr(grades, name) for name in DIMENSIONS}


def _json_object(text: str) -> str:
    """The JSON object in a text; the whole text where there is none. Raises ParseError for two that differ."""
    found: dict[str, str] = {}
    at = text.find("{")
    while at >= 0:
        try:
            value, end = _DECODER.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            found.setdefault(repr(value), text[at:end])
        at = text.find("{", end)
    if len(found) > 1:
        raise ParseError("unreadable_grades", f"reply: {len(found)} different JSON objects")
    return next(iter(found.values()), text.strip())

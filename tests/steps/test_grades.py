"""Grades in a judge's JSON: read strictly, and requested with a schema that keeps cached grades valid."""

from __future__ import annotations

import hashlib
import json

import pytest

from xlforge.steps.grades import DIMENSIONS, grades_schema, read_grades
from xlforge.steps.parsing import ParseError

GOOD = json.dumps({name: {"reason": "It is.", "grade": 4} for name in DIMENSIONS})


@pytest.mark.parametrize("text", [GOOD, f" {GOOD}\n", f"```json\n{GOOD}\n```", f"```\n{GOOD}\n```"])
def test_grades_are_read_alone_or_in_a_code_fence(text: str) -> None:
    assert [grade.grade for grade in read_grades(text).values()] == [4] * len(DIMENSIONS)


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", "reply: "),
        (f"Here are the grades: {GOOD}", "reply: "),
        (GOOD.replace("4", "6", 1), "precision.grade: "),
        (GOOD.replace("4", '"4"', 1), "precision.grade: "),
        (GOOD.replace('"It is."', '""', 1), "precision.reason: "),
        (GOOD.replace("objectivity", "other"), "objectivity: "),
        ("\ud800", "reply: "),
    ],
)
def test_an_invalid_response_is_never_guessed(text: str, detail: str) -> None:
    with pytest.raises(ParseError) as error:
        read_grades(text)
    assert error.value.reason == "unreadable_grades"
    assert detail in error.value.detail


@pytest.mark.parametrize(("of", "digest"), [("pair", "0078cc417cf86081"), ("answer", "04f87a15b86fadf6")])
def test_the_schema_does_not_change_since_it_is_part_of_the_keys_of_cached_grades(of: str, digest: str) -> None:
    text = json.dumps(grades_schema(of), sort_keys=True)
    assert hashlib.sha256(text.encode()).hexdigest()[:16] == digest

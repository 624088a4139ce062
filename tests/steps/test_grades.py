"""Grades in a judge's JSON: read strictly, and requested with a schema that keeps cached grades valid."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress

import pytest
from hypothesis import given, settings, strategies

from xlforge.steps.grades import DIMENSIONS, grades_schema, read_grades
from xlforge.steps.parsing import ParseError

GOOD = json.dumps({name: {"reason": "It is.", "grade": 4} for name in DIMENSIONS})


@pytest.mark.parametrize(
    "text",
    [
        GOOD,
        f" {GOOD}\n",
        f"```json\n{GOOD}\n```",
        f"Here is my grading:\n{GOOD}",
        f"I weighed {{precision}} first.\n\n~~~\n{GOOD}\n~~~\nIs this enough?",
        f"{GOOD}\n\nThe same again: {GOOD}",
    ],
)
def test_the_one_json_object_of_a_response_is_read_whatever_stands_around_it(text: str) -> None:
    assert [grade.grade for grade in read_grades(text).values()] == [4] * len(DIMENSIONS)


@pytest.mark.parametrize(
    ("text", "detail"),
    [
        ("", "reply: "),
        (f"{GOOD}\n{GOOD.replace('4', '5')}", "2 different JSON objects"),
        (f'{{"grades": 1}} {GOOD}', "2 different JSON objects"),
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


@given(strategies.text() | strategies.text(alphabet='{}[]":,0aé\\ \n'))
@settings(max_examples=50, deadline=None)
def test_any_text_is_read_or_unreadable(text: str) -> None:
    with suppress(ParseError):
        read_grades(text)


def test_deep_nesting_is_unreadable() -> None:
    with pytest.raises(ParseError):
        read_grades('{"a":' * 5000)

"""A response is sampled until it can be parsed, a set number of times; then its row is rejected with the text that could not be."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipelines.scores.v1.pipeline import GradePair
from tests.steps.scripted import Script, Scripted, scripted_llm
from xlforge.steps.grades import DIMENSIONS
from xlforge.steps.parsing import ParseError, plain_text

GOOD = (
    '{"precision": {"reason": "right", "grade": 5}, "informativeness": {"reason": "full", "grade": 4}, '
    '"naturalness": {"reason": "fine", "grade": 5}, "objectivity": {"reason": "plain", "grade": 2}}'
)
PROMPT = Path("pipelines/scores/v1/prompts/brief.jinja2").absolute()


def grader(script: Script) -> GradePair:
    return GradePair(name="grade", llm=scripted_llm(script), adds=[*DIMENSIONS], prompt=PROMPT, tries=2, pipeline=None)


def grade(*replies: Scripted, rows: int = 1) -> tuple[list[dict[str, Any]], Script]:
    script = Script(*replies)
    step = grader(script)
    row = {"instruction": "i", "passage": "p", "response": "r", "reject": None}
    step.load()
    (out,) = step.process([{"id": f"a{number}", **row} for number in range(rows)])
    return out, script


def test_a_response_that_can_be_parsed_is_sampled_once() -> None:
    (row,), script = grade((GOOD, "stop"))
    assert (row["precision"], row["objectivity"], row["mean"]) == (5, 2, 4.0)
    assert row["reasons"] == ["right", "full", "fine", "plain"]
    assert script.attempts == [0]


def test_provenance_has_every_call_with_its_key_and_fault() -> None:
    (row,), script = grade(("?", "stop"), (GOOD, "stop"))
    first, second = row["provenance"]
    assert [first["key"], second["key"]] == [request.key for _, request in script.requests]
    assert first["fault"].startswith("unreadable_grades: ")
    assert second["fault"] is None
    assert (second["stage"], second["version"], second["step"]) == ("scores", "v1", "GradePair")
    assert second["model"] == "scripted@r1"
    assert second["prompt"].startswith("brief@")


def test_a_rejected_row_keeps_the_keys_of_its_calls() -> None:
    (row,), script = grade(("?", "stop"), ("!", "stop"))
    assert row["reject"]["raw"] == "!"
    assert [call["key"] for call in row["provenance"]] == [request.key for _, request in script.requests]


UNPARSED = {
    "no JSON": "five",
    "nothing": "",
    "no grades": "{}",
    "not closed": GOOD[:-1],
    "a grade as text": GOOD.replace("5", '"5"', 1),
    "grade 0": GOOD.replace("5", "0", 1),
    "grade 5.5": GOOD.replace("5", "5.5", 1),
    "no reason": GOOD.replace('"right"', '""'),
    "a comma too many": GOOD.replace("},", "},,", 1),
    "two that differ": f"{GOOD} or rather {GOOD.replace('5', '4')}",
    "a dimension misspelt": GOOD.replace("precision", "precison"),
    "a lone surrogate": GOOD.replace("right", "\ud800"),
}


@pytest.mark.parametrize("text", UNPARSED.values(), ids=UNPARSED.keys())
def test_grades_that_cannot_be_parsed_are_sampled_again_and_never_guessed(text: str) -> None:
    assert text != GOOD
    (row,), script = grade((text, "stop"), (text, "stop"))
    assert script.attempts == [0, 1]
    assert row["reject"]["reason"] == "unreadable_grades"
    assert "precision" not in row


def test_only_rows_that_could_not_be_parsed_are_sampled_again() -> None:
    rows, script = grade(("?", "stop"), (GOOD, "stop"), (GOOD, "stop"), rows=2)
    assert [row for row, _ in script.requests] == ["a0", "a1", "a0"]
    assert not any(row["reject"] for row in rows)


@pytest.mark.parametrize("form", ["```json\n{}\n```", "Here is my grading:\n{}", "{} I hope this helps!"])
def test_the_one_json_object_in_a_response_is_parsed(form: str) -> None:
    (row,), _ = grade((form.format(GOOD), "stop"))
    assert row["mean"] == 4.0


def test_a_response_that_was_cut_off_is_not_used() -> None:
    (row,), _ = grade((GOOD, "length"), (GOOD, "length"))
    assert row["reject"]["reason"] == "cut_off"


def test_a_failed_request_marks_its_row_and_is_not_sent_again_in_this_run() -> None:
    (row,), script = grade((None, "unanswered: HTTP 400"))
    assert (row["reject"]["reason"], row["reject"]["detail"]) == ("unanswered", "HTTP 400")
    assert len(script.requests) == 1


def test_an_error_in_a_step_is_raised_as_it_is() -> None:
    with pytest.raises(IndexError, match="pop from empty list"):
        grade()


@pytest.mark.parametrize("text", ["", "  \n", "a\0b", "a\ud800b", "a\ufffdb"])
def test_text_that_no_writer_writes_is_not_plain(text: str) -> None:
    with pytest.raises(ParseError):
        plain_text(text)


def test_plain_text_is_stripped_and_kept() -> None:
    assert plain_text("\n Ein <b>Satz</b>.\n") == "Ein <b>Satz</b>."


def test_a_step_takes_its_inputs_from_its_prompt() -> None:
    assert set(grader(Script()).inputs) == {"instruction", "passage", "response"}


def test_a_response_longer_than_its_limit_is_not_parsed() -> None:
    (row,), _ = grade((" " * 1_000_000 + GOOD, "stop"), ("x" * 1_000_000, "stop"))
    assert row["reject"]["reason"] == "too_long"

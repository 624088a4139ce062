"""Answers from a file: matched by id or by prompt, in the right language, or rejected with the reason."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from pipelines.answers.v1.ready import answers
from tests.verdicts.small import prompts
from xlforge.base.errors import BuildError

ROWS = prompts(2)
"""Two questions, each for a German answer and for an English one."""


def read(folder: Path, records: list[Any], as_list: bool = False) -> list[str | None]:
    """The answers that the rows get from a file with these records; None where there is none."""
    path = folder / "answers.json"
    path.write_text(json.dumps(records) if as_list else "\n".join(map(json.dumps, records)))
    digest = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    return [row.get("answer") for row in answers(path, ROWS, "gpt", digest)]


def test_by_id(tmp_path: Path) -> None:
    records = [{"id": row["id"], "answer": row["language"]} for row in ROWS]
    assert read(tmp_path, records) == ["de", "en", "de", "en"]


def test_alpacaevals_records_are_matched_by_the_prompt(tmp_path: Path) -> None:
    named = {"dataset": "vicuna", "generator": "gpt"}
    records = [named | {"instruction": row["prompt"], "output": row["language"]} for row in ROWS]
    assert read(tmp_path, records, as_list=True) == ["de", "en", "de", "en"]


@pytest.mark.parametrize("named", ["de", "German", "german"])
def test_a_question_with_its_language_by_code_or_name(tmp_path: Path, named: str) -> None:
    records = [{"instruction": "Where is Mere-0?", "language": named, "completion": "Im Tal."}]
    assert read(tmp_path, records) == ["Im Tal.", None, None, None]


def test_an_english_question_without_a_language_is_no_answer_in_german(tmp_path: Path) -> None:
    assert read(tmp_path, [{"instruction": "Where is Mere-0?", "output": "Here."}]) == [None, "Here.", None, None]


def test_a_record_with_a_set_matches_only_that_set(tmp_path: Path) -> None:
    records = [{"instruction": "Where is Mere-0?", "language": "de", "set": "same_language", "output": "Im Tal."}]
    assert read(tmp_path, records) == [None] * 4


def test_a_row_without_an_answer_is_rejected_with_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text('{"id": "p0/english/en", "answer": "Here.\\u0000 \\ud800"}')
    digest = f"sha256:{hashlib.sha256(path.read_bytes()).hexdigest()}"
    made = answers(path, ROWS, "gpt", digest)
    assert [row["reject"] and row["reject"]["reason"] for row in made] == [
        "not_in_file",
        None,
        "not_in_file",
        "not_in_file",
    ]
    assert (made[1]["answer"], made[1]["finish"]) == ("Here.\ufffd \ufffd", "file")
    assert made[1]["provenance"] == [
        {"stage": "answers", "version": "v1", "model": f"answers.jsonl@{digest}", "prompt": "file"}
    ]


def test_an_empty_answer_is_an_answer(tmp_path: Path) -> None:
    assert read(tmp_path, [{"id": "p0/english/en", "answer": "  \n"}])[1] == ""


@pytest.mark.parametrize(
    ("records", "message"),
    [
        ([{"id": "p0/english/en", "answer": "x"}, {"id": "p0/english/en", "answer": "y"}], "in 2 ways"),
        ([{"id": "p0/english/en"}], "it needs"),
        ([{"answer": "x"}], "it needs"),
        ([{"id": "p0/english/en", "answer": None}], "it needs"),
        ([{"instruction": "Where?", "language": "klingon", "answer": "x"}], "klingon"),
        (["x"], "must be an object"),
    ],
)
def test_an_invalid_record_is_an_error(tmp_path: Path, records: list[Any], message: str) -> None:
    with pytest.raises(BuildError, match=message):
        read(tmp_path, records)


def test_another_file_than_params_say_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "answers.jsonl"
    path.write_text('{"id": "p0/english/en", "answer": "x"}')
    with pytest.raises(BuildError, match=r"sha256:[0-9a-f]{64}.*says revision None.*params\.yaml"):
        answers(path, ROWS, "gpt", None)
    with pytest.raises(BuildError, match="does not exist"):
        answers(tmp_path / "nowhere.jsonl", ROWS, "gpt", "sha256:0")

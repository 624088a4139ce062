"""An unusable prompt is rejected once, with its text and the reason; the others go on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.benchmark.v1.exclusions import fingerprint
from tests.benchmark.conftest import Stage, written
from xlforge.base.errors import BuildError

Rows = list[dict[str, Any]]


def entry(text: str, reason: str = "english_words", why: str = "It wants English words.") -> dict[str, str]:
    return {"prompt": fingerprint(text), "reason": reason, "why": why}


def test_unusable_prompts_are_rejected_with_their_reasons(build: Stage, pocket: Rows) -> None:
    made = build(
        [
            *pocket,
            {**pocket[0], "id": "again", "prompt": " How  deep is\nLake Ketinal? "},
            {**pocket[0], "id": "blank", "prompt": " \n"},
            {**pocket[0], "id": "null", "prompt": None},
            {**pocket[0], "id": "number", "prompt": 12},
            json.dumps({**pocket[0], "id": "half", "prompt": "\ud83d deep"}),
            '{"id": "cut", "prompt": "How de',
            '["a list"]',
        ],
    )
    assert made.reasons == {"duplicate": 1, "empty": 2, "unreadable": 4}
    assert len(made.rows) == 2 * 5
    reasons = {name.split("-")[0]: reason for name, reason in made.rejects.select("id", "reason").iter_rows()}
    assert {
        "again": "duplicate",
        "blank": "empty",
        "null": "empty",
        "number": "unreadable",
        "half": "unreadable",
    }.items() <= (reasons.items())
    again = made.rejects.row(by_predicate=pl.col("reason") == "duplicate", named=True)
    assert again["detail"] == f"of {made.of('english', 'en')[0]['prompt_id']}"
    assert '{"id": "cut", "prompt": "How de' in made.rejects["raw"].to_list()
    assert made.counts["prompts"]["read"] == 9


def test_an_excluded_prompt_is_in_no_set_and_has_its_reason(build: Stage, pocket: Rows, tmp_path: Path) -> None:
    path = written(tmp_path / "list.jsonl", [entry(pocket[0]["prompt"])])
    made = build(pocket, exclusions={"path": str(path), "apply": True})
    (row,) = made.rejects.to_dicts()
    assert (row["reason"], row["detail"]) == ("excluded", "english_words: It wants English words.")
    assert row["raw"] == pocket[0]["prompt"]
    assert made.counts["excluded"] == {"english_words": 1}
    assert len(made.rows) == 5
    assert set(made.rows["instruction_en"]) == {pocket[1]["prompt"]}
    kept = build(pocket, exclusions={"path": str(path), "apply": False})
    assert len(kept.rows) == 10


def test_white_space_and_composed_accents_do_not_change_a_fingerprint() -> None:
    assert fingerprint("a  cafe\u0301\n") == fingerprint(" a caf\u00e9")
    assert fingerprint("a cafe") != fingerprint("a caf\u00e9")


def test_a_list_for_another_source_stops_the_build(build: Stage, pocket: Rows, tmp_path: Path) -> None:
    path = written(tmp_path / "list.jsonl", [entry(pocket[0]["prompt"]), entry("Who?"), entry("Why?")])
    with pytest.raises(
        BuildError, match=rf"2 prompts that are not in.*{min(map(fingerprint, ('Who?', 'Why?')))}.*apply to false"
    ):
        build(pocket, exclusions={"path": str(path), "apply": True})


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("{", "line 2 .* is not valid JSON"),
        ('["x"]', r"line 2 .*\['x'\]: .*valid dictionary"),
        (entry("x") | {"text": "x"}, "line 2 .*text: unknown key"),
        (entry("x") | {"prompt": "12"}, r"prompt: '12': .*\^\[0-9a-f\]\{16\}"),
        (entry("x", reason="In Words"), "reason: 'In Words': .*a-z"),
        (entry("x", why=" "), "why: ' ': "),
        (entry("How deep is Lake Ketinal?"), "a second time"),
    ],
)
def test_an_invalid_list_is_an_error_that_names_the_line(
    build: Stage, pocket: Rows, tmp_path: Path, line: Any, message: str
) -> None:
    path = written(tmp_path / "list.jsonl", [entry(pocket[0]["prompt"]), line])
    with pytest.raises(BuildError, match=message):
        build(pocket, exclusions={"path": str(path), "apply": True})


def test_a_list_that_does_not_exist(build: Stage, pocket: Rows) -> None:
    with pytest.raises(BuildError, match=r"nosuch\.jsonl cannot be read.*apply to false"):
        build(pocket, exclusions={"path": "nosuch.jsonl", "apply": True})

"""The shipped seeds and prompts are what the module writes, and their truth is true."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from pocket import grammar, seeds
from pocket.names import pool

Rows = dict[str, dict[str, Any]]


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return seeds.files()


def rows(text: str) -> Rows:
    return {row["id"]: row for row in map(json.loads, text.splitlines())}


def test_the_shipped_files_are_the_ones_that_would_be_written(files: dict[str, str]) -> None:
    for path, text in files.items():
        shipped = (Path(seeds.DATA) / path).read_text(encoding="utf-8")
        assert shipped == text, (
            f"data/{path} is not what `python -m pocket.seeds` writes: run it and commit the result."
        )


def test_usable_passages_hold_their_facts_and_bad_ones_their_defect(files: dict[str, str]) -> None:
    passages, truths = rows(files["seeds/pocket.jsonl"]), rows(files["seeds/pocket.truth.jsonl"])
    asked = [row["prompt"] for row in rows(files["prompts/pocket.jsonl"]).values()]
    assert {*passages} == {*truths}
    assert Counter(row["defect"] for row in truths.values()) == {None: seeds.GOOD, **seeds.BAD}
    for at, truth in truths.items():
        text, defect = passages[at]["text"], truth["defect"]
        if defect is None:
            assert 200 <= len(text) <= 500
            assert all(grammar.holds(text, phrases["en"]) for phrases in truth["slots"].values())
        assert (defect == "too_long") == (len(text) > 1500)
        assert (defect == "too_short") == (0 < len(text) <= 60 and "This page" in text)
        assert (defect == "overlaps_prompt") == any(prompt in text for prompt in asked)
        if defect == "near_duplicate":
            assert text != passages[truth["original"]]["text"] and truths[truth["original"]]["defect"] is None


def test_subjects_are_many_distinct_and_held_out(files: dict[str, str]) -> None:
    good = [row["subject"] for row in rows(files["seeds/pocket.truth.jsonl"]).values() if row["defect"] is None]
    prompts = [row["subject"] for row in rows(files["prompts/pocket.jsonl"]).values()]
    every = {row["subject"] for row in rows(files["seeds/pocket.truth.jsonl"]).values() if row["subject"]} | {*prompts}
    assert len({*good}) == len(good) and len({*prompts}) == len(prompts) and len(every) >= 400
    assert {pool(name) for name in good} == {"seeds"} and {pool(name) for name in prompts} == {"prompts"}
    assert not {*re.findall(r"\w+", files["seeds/pocket.jsonl"])} & {*prompts} - {
        *re.findall(r"\w+", _overlapping(files))
    }


def _overlapping(files: dict[str, str]) -> str:
    """The text of the passages that are there to overlap a prompt: the only ones that may name its subject."""
    bad = {at for at, row in rows(files["seeds/pocket.truth.jsonl"]).items() if row["defect"] == "overlaps_prompt"}
    return " ".join(row["text"] for at, row in rows(files["seeds/pocket.jsonl"]).items() if at in bad)

"""The passages on the real world that ship: all of them pass the stage, and their questions pass what a model's questions must."""

from __future__ import annotations

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from pipelines.instructions.v1.pipeline import PROMPTS
from tests.seeds.conftest import Run
from xlforge.checks.prose import check_given_question, read_question
from xlforge.publish.licences import load

PATH = Path("data/seeds/real.jsonl")
ROWS = [json.loads(line) for line in PATH.read_text(encoding="utf-8").splitlines()]
TOPICS = {
    *("animals", "cities", "code", "crafts", "food", "health", "history", "inventions"),
    *("law", "materials", "maths", "music", "rivers", "space", "sport", "weather"),
}
FORMS = {r"(?m)^\|.*\|$": 10, r"(?m)^(?:\d+\.|-|\[ \]) ": 10, r"(?m)^(?:\w+ = |def \w+\(|git \w+ -|\d+ \d+ \* )": 5}
"""Tables, lists and lines of code: how many passages have one at least."""
SOURCES = ({"text": "text"}, {"text": "text", "instruction": "question"})


def test_150_passages_on_all_topics() -> None:
    assert len({row["id"] for row in ROWS}) == len(ROWS) == 150
    counts = Counter(row["topic"] for row in ROWS)
    assert counts.keys() == TOPICS
    assert min(counts.values()) >= 8
    assert {tuple(row) for row in ROWS} == {("id", "topic", "text", "question")}
    assert not [row["id"] for row in ROWS if not 60 <= len(row["text"].split()) <= 160]


def test_they_differ_in_form() -> None:
    for pattern, least in FORMS.items():
        assert sum(bool(re.search(pattern, row["text"])) for row in ROWS) >= least, pattern
    for key in ("text", "question"):
        [(words, count)] = Counter(" ".join(row[key].split()[:2]) for row in ROWS).most_common(1)
        assert count <= 0.1 * len(ROWS), words


@pytest.mark.parametrize("source", SOURCES, ids=["passages", "with questions"])
def test_the_stage_rejects_none_and_cuts_nothing_but_blanks(run: Run, source: dict[str, str]) -> None:
    made = run(source={"path": str(PATH), "id": "id", **source}, near_duplicate={"threshold": 0.1})
    assert made.reasons == {}
    assert made.rows["english"].min() > 0.9
    passages = {name.rsplit("-", 1)[0]: passage for name, passage in made.rows.select("id", "passage").iter_rows()}
    assert {row["id"]: row["text"].split() for row in ROWS} == {name: text.split() for name, text in passages.items()}


@pytest.mark.parametrize("prompt", sorted(PROMPTS.glob("*.jinja2")), ids=lambda path: path.stem)
def test_each_question_is_one_and_stands_by_itself(prompt: Path) -> None:
    for row in ROWS:
        found = read_question(row["question"], row["text"], prompt)
        assert (found.text, found.stripped) == (row["question"], ()), row["id"]
        check_given_question(row["question"])
    assert len({row["question"] for row in ROWS}) == len(ROWS)


def test_rows_made_from_them_may_have_any_licence() -> None:
    entry = load().of_rows([str(PATH)], [])[str(PATH)]
    assert (entry.licence, entry.rows) == ("cc0-1.0", "any")

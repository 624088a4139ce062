"""Training examples use the project's prompt files, never a held-out name, and grades that are true by construction."""

from __future__ import annotations

import json
import re
from random import Random

import pytest

from pocket import grades, grammar
from pocket.jobs import JOBS, subject_for
from pocket.names import pool
from pocket.web import passage

FACT = re.compile(r"(?P<told>.+) / (?P<true>.+) (?P<mark>right|wrong)")


def test_training_examples_never_hold_a_held_out_name() -> None:
    rng = Random(4)
    for make in JOBS.values():
        for _ in range(100):
            example = make(rng, "train")
            words = {*re.findall(r"\b[A-Z][a-z]{4,9}\b", example.prompt + example.answer)}
            assert pool(example.subject.name) == "train" and example.subject.name in words | {*example.prompt.split()}


def test_the_same_seed_gives_the_same_examples() -> None:
    for make in JOBS.values():
        assert make(Random(5), "train") == make(Random(5), "train")


def test_a_passage_tells_every_fact_of_its_units() -> None:
    rng = Random(6)
    for _ in range(60):
        subject = subject_for(rng, "train")
        text = passage(rng, subject, (0, 1, 2, 3))
        assert all(grammar.holds(text, phrase) for phrase in grammar.said(subject, "all", "en").values())


@pytest.mark.parametrize("dimension", grades.DIMENSIONS)
def test_every_dimension_is_sometimes_good_and_sometimes_not(dimension: str) -> None:
    rng = Random(7)
    seen = {json.loads(JOBS["scores"](rng, "train").answer)[dimension]["grade"] for _ in range(300)}
    assert 5 in seen and min(seen) <= 2


def test_a_faultless_answer_gets_fives_and_a_named_fault_is_there() -> None:
    rng = Random(8)
    faultless = 0
    for _ in range(300):
        subject, other = subject_for(rng, "train"), subject_for(rng, "train")
        plan, told = grammar.canonical("all"), rng.choice(((0, 1, 2, 3), (0, 1)))
        text, verdict = grades.graded(rng, subject, told, plan, other)
        said = json.loads(verdict)
        if all(said[name]["grade"] == 5 for name in grades.DIMENSIONS):
            faultless += 1
            assert text == grammar.answer(subject, plan) and len(told) == 4
        if "something else" in said["precision"]["reason"]:
            assert other.kind is not subject.kind and said["precision"]["grade"] == 1
            continue
        name, *facts = (FACT.fullmatch(fact) for fact in said["precision"]["reason"].rstrip(".").split(", "))
        assert name and all(facts), said["precision"]["reason"]
        passage = {values[0] for values in subject.facts.values()}
        for fact in filter(None, facts):
            assert fact["true"] == "-" or fact["told"].endswith(fact["true"]) == (fact["mark"] == "right")
            assert fact["true"] in passage or fact["mark"] == "wrong"
            assert fact["mark"] == "wrong" or grammar.holds(text, fact["true"])
        wrong = sum(fact["mark"] == "wrong" for fact in filter(None, facts))
        if name["mark"] == "right":
            assert grammar.holds(text, subject.name) and said["precision"]["grade"] == {0: 5, 1: 3}.get(wrong, 2)
        untold = sum(len(subject.kind.units[unit].slots) for unit in (2, 3) if unit not in told)
        assert wrong >= untold or "Missing" in said["informativeness"]["reason"]
    assert faultless > 30

"""Training examples use the project's prompt files, never a held-out name, and grades that are true by construction."""

from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random
from typing import Any

import pytest
from transformers import AutoTokenizer

from pocket import grades, grammar
from pocket.jobs import JOBS, Example, comparing, subject_for
from pocket.kinds import KINDS
from pocket.names import pool
from pocket.train import encode
from pocket.web import passage

ROOT = Path(__file__).resolve().parents[2]


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
        plan = grammar.canonical("all")
        text, verdict, _ = grades.graded(rng, subject, plan, other)
        said = json.loads(verdict)
        if all(said[name]["grade"] == 5 for name in grades.DIMENSIONS):
            faultless += 1
            assert text == grammar.answer(subject, plan)
        marks = said["precision"]["reason"].lower().rstrip(".").split(", ")
        if marks[0] == "name right":
            slots = {name: slot for unit in subject.kind.units for slot, name in unit.slots.items()}
            wrong = [slots[mark.removesuffix(" wrong")] for mark in marks if mark.endswith(" wrong")]
            right = [slots[mark.removesuffix(" right")] for mark in marks[1:] if mark.endswith(" right")]
            assert (
                said["precision"]["grade"] == {0: 5, 1: 3}.get(len(wrong), 2)
                and len(wrong) + len(right) == len(marks) - 1
            )
            out_of_order = said["naturalness"]["reason"] == "The words are out of order."
            assert out_of_order or all(grammar.holds(text, subject.facts[slot][0]) for slot in right)
            assert not any(
                grammar.holds(text, subject.facts[slot][0]) for slot in wrong if subject.facts[slot][0].isdigit()
            )
    assert faultless > 30


def test_marks_are_wrong_where_a_claim_is_not_what_the_text_says() -> None:
    rng, seen = Random(9), set()
    for _ in range(100):
        example = comparing(rng, "train")
        text, answer = re.split(r"\n</text>\n<answer>\n", example.prompt)
        marks = example.answer.rstrip(".").split(", ")
        assert [mark.endswith(" right") for mark in marks] == [said == true for said, true in example.claims["answer"]]
        assert all(grammar.holds(answer, said) and grammar.holds(text, true) for said, true in example.claims["answer"])
        seen |= {mark.rsplit(" ", 1)[1] for mark in marks}
    assert seen == {"right", "wrong"}


def test_a_token_agrees_as_far_as_its_claim_does() -> None:
    tokenizer: Any = AutoTokenizer.from_pretrained(ROOT / "models/pocket/teacher")
    subject = grammar.draw_subject(Random(10), KINDS[0], "Doramel")
    prompt = "<text>\nDoramel, since 1843, by the sea.\n</text>\n<answer>\nDoramel, since 1834, by the sea.\n</answer>"
    told = {"answer": (("Doramel", "Doramel"), ("1834", "1843"), ("by the sea", "by the sea"))}
    example = Example("comparing", prompt, "", subject, grammar.canonical("all"), claims=told)
    ((ids, labels, agree, _),) = encode(tokenizer, [example], read_along=True, compare=True)
    known = [(tokenizer.decode([at]).strip(), says) for at, says in zip(ids, agree, strict=True) if says in (0, 1)]
    *name, one, eight, three, four, by, the, sea = known
    assert all(says for _, says in name) and "".join(piece for piece, _ in name) == "Doramel"
    assert [one, eight, three, four] == [("1", True), ("8", True), ("3", False), ("4", False)]
    assert [by, the, sea] == [("by", True), ("the", True), ("sea", True)]
    assert all(label < 0 for label, says in zip(labels, agree, strict=True) if says is False), "nobody can foresee them"
    assert (ids[-1], labels[-1]) == (tokenizer.eos_token_id,) * 2, "an answer ends"
    assert ids.count(tokenizer.eos_token_id) == 2, "and so does its prompt"

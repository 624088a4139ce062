"""What the student reads: languages by their names, no request in words, and no question about a subject of the evaluation prompts."""

from __future__ import annotations

import json
import re
from pathlib import Path
from random import Random

from pocket import grammar, world
from pocket.grammar import ASPECTS, LANGS
from xlforge.languages.registry import LANGUAGES

ROOT = Path(__file__).resolve().parents[2]


def test_no_question_is_about_a_subject_of_the_evaluation_prompts() -> None:
    rng = Random(1)
    held_out = {subject.name for subject in world.subjects()[1]}
    readings = [world.draw(rng) for _ in range(2000)]
    assert len(held_out) == 120
    assert held_out & {reading.subject.name for reading in readings if reading.prompt is None}
    assert not held_out & {reading.subject.name for reading in readings if reading.prompt is not None}


def test_an_answer_is_in_the_language_of_its_question_whatever_language_a_remark_names() -> None:
    rng = Random(2)
    named = set()
    for _ in range(600):
        reading = world.exchange(rng)
        wordings = {
            lang: {text for aspect in ASPECTS for text in grammar.questions(reading.subject, aspect, lang)}
            for lang in LANGS
        }
        prompt = reading.prompt or ""
        written = [lang for lang in LANGS if any(wording in prompt for wording in wordings[lang])]
        assert written == [reading.lang]
        if line := re.search(r"^Language: (\w+)$", prompt, re.MULTILINE):
            assert line[1] == LANGUAGES[reading.lang].name
        elif reading.lang == "en":
            named |= {lang for lang in LANGS if LANGUAGES[lang].name in prompt}
        said = {
            (form[reading.lang]).format(
                name=reading.subject.name,
                **{slot: value[LANGS.index(reading.lang)] for slot, value in reading.subject.facts.items()},
            )
            for unit in reading.subject.kind.units
            for form in (unit.open, unit.follow)
        }
        assert any(reading.answer.startswith(sentence) for sentence in said)
    assert named == set(LANGS)


def test_a_text_in_several_languages_is_no_question_and_each_part_names_its_own() -> None:
    rng = Random(3)
    for _ in range(300):
        reading = world.parallel(rng)
        assert reading.prompt is None
        parts = re.findall(r"Language: (\w+)\n(.+)", reading.answer)
        assert len(parts) in (2, 3) and len(dict(parts)) == len(parts)
        for name, text in parts:
            lang = next(lang for lang in LANGS if LANGUAGES[lang].name == name)
            names = {unit.open[lang].partition("{")[0] for unit in reading.subject.kind.units}
            assert any(text.startswith(start) for start in names)


def test_the_subjects_are_those_of_the_shipped_files() -> None:
    told, held_out = world.subjects()
    rows = [json.loads(line) for line in (ROOT / "data/prompts/pocket.jsonl").read_text(encoding="utf-8").splitlines()]
    truths = [
        json.loads(line) for line in (ROOT / "data/seeds/pocket.truth.jsonl").read_text(encoding="utf-8").splitlines()
    ]
    assert [subject.name for subject in held_out] == [row["subject"] for row in rows]
    assert {subject.name for subject in told} == {row["subject"] for row in truths if row["defect"] is None}
    for subject, row in zip(held_out, rows, strict=True):
        assert all(
            subject.facts[slot] == tuple(phrases[lang] for lang in LANGS) for slot, phrases in row["slots"].items()
        )

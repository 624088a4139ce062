"""Every plan says the same in every language, and leaves the invented name alone."""

from __future__ import annotations

import re
from itertools import product
from random import Random
from string import Formatter

import pytest

from pocket import grammar
from pocket.grammar import ASPECTS, LANGS, Kind, Subject
from pocket.kinds import KINDS
from pocket.names import invent, pool, syllables

NAME = "Doramel"


def fields(form: str) -> set[str]:
    return {field for _, field, _, _ in Formatter().parse(form) if field}


def drawn(kind: Kind, **chosen: str) -> Subject:
    """A subject whose named slots have the value that starts with these English words."""
    subject = grammar.draw_subject(Random(0), kind, NAME)
    for slot, english in chosen.items():
        table = kind.tables[slot]
        fits = [(english,) * len(LANGS)] if isinstance(table, range) else [row for row in table if row[0] == english]
        subject.facts[slot] = fits[0]
    return subject


def kind(name: str) -> Kind:
    return next(kind for kind in KINDS if kind.name == name)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_sentence_holds_exactly_its_slots_in_every_language(kind: Kind) -> None:
    for unit, lang in product(kind.units, LANGS):
        assert fields(unit.open[lang]) == {*unit.slots, "name"}
        assert fields(unit.follow[lang]) == {*unit.slots}
    for unit, form in ((each, form) for each in kind.units for form in each.web):
        assert fields(form) - {"it", "It"} == {*unit.slots}
        assert fields(form) & {"it", "It"}
    assert {slot for unit in kind.units for slot in unit.slots} == {*kind.tables}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_table_entries_are_whole_and_told_apart_in_every_language(kind: Kind) -> None:
    for slot, table in kind.tables.items():
        if isinstance(table, range):
            continue
        for column in zip(*table, strict=True):
            assert len({*column}) == len(table), slot
            assert all(text and text == text.strip() and not re.search(r"[{}.]", text) for text in column)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_answers_hold_name_and_facts_and_are_aligned_by_sentence(kind: Kind) -> None:
    rng = Random(1)
    for _ in range(30):
        subject = grammar.draw_subject(rng, kind, NAME)
        plan = grammar.draw_plan(rng, rng.choice(tuple(ASPECTS)))
        for lang in LANGS:
            text = grammar.answer(subject, plan, lang)
            assert len(grammar.sentences(subject, plan, lang)) == len(plan.order)
            assert text.count(NAME) == sum(plan.named) and all(
                text[: found.start()].endswith(" ") for found in re.finditer(NAME, text)
            )
            assert all(grammar.holds(text, phrase) for phrase in grammar.said(subject, plan.aspect, lang).values())


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_no_question_tells_a_fact(kind: Kind) -> None:
    subject = grammar.draw_subject(Random(2), kind, NAME)
    phrases = [row[0] for table in kind.tables.values() if not isinstance(table, range) for row in table]
    for aspect in ASPECTS:
        for question in grammar.questions(subject, aspect):
            assert NAME in question and question.endswith(("?", "."))
            assert not re.search(r"\d", question)
            assert not [phrase for phrase in phrases if grammar.holds(question, phrase)]


def test_pools_of_names_are_apart() -> None:
    rng = Random(3)
    names = {want: {invent(rng, want) for _ in range(200)} for want in ("prompts", "seeds", "train")}
    assert not names["prompts"] & names["train"] and not names["seeds"] & (names["train"] | names["prompts"])
    for want, drawn_names in names.items():
        assert {pool(name) for name in drawn_names} == {want}
        for name in drawn_names:
            parts = syllables(name)
            assert "".join(parts) == name and len({*parts}) == len(parts) and name[0] not in "AEIOU"


@pytest.mark.parametrize(
    ("kind_name", "chosen", "lang", "sentence"),
    [
        (
            "village",
            {"location": "between two hills", "year": "1432"},
            "de",
            "Das Dorf Doramel liegt zwischen zwei Hügeln und ist seit 1432 bewohnt.",
        ),
        (
            "village",
            {"location": "between two hills", "year": "1432"},
            "hu",
            "A Doramel nevű falu két domb között fekszik, és 1432 óta lakott.",
        ),
        (
            "village",
            {"location": "between two hills", "year": "1432"},
            "ga",
            "Tá sráidbhaile Doramel suite idir dhá chnoc, agus tá daoine ina gcónaí ann ón mbliain 1432.",
        ),
        (
            "bird",
            {"nest": "in hollow trees", "weight": "340"},
            "ga",
            "Neadaíonn an t-éan ar a dtugtar Doramel i gcrainn chuasacha, agus tá 340 gram meáchain ann.",
        ),
        ("dish", {"main": "beans", "with": "with butter"}, "hu", "A Doramel nevű étel babból készül, vajjal."),
        (
            "dish",
            {"main": "oats", "with": "with butter"},
            "ga",
            "Déantar an mhias ar a dtugtar Doramel as coirce le him.",
        ),
        (
            "festival",
            {"when": "in autumn", "place": "in the castle yard"},
            "de",
            "Das Fest Doramel findet im Herbst im Burghof statt.",
        ),
        (
            "game",
            {"pieces": "40", "material": "of glass"},
            "hu",
            "A Doramel nevű játékot 40 darab üvegből készült bábuval játsszák.",
        ),
        (
            "lake",
            {"location": "by the sea", "depth": "80"},
            "de",
            "Der See Doramel liegt am Meer und ist 80 Meter tief.",
        ),
    ],
)
def test_first_sentences_read_as_written_by_hand(
    kind_name: str, chosen: dict[str, str], lang: str, sentence: str
) -> None:
    subject = drawn(kind(kind_name), **chosen)
    assert grammar.sentences(subject, grammar.canonical("all"), lang)[0] == sentence

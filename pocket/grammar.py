"""How facts become text: kinds of subject, units of one sentence each, and plans that put units in order.

A unit says one or two slots in every language, once with the subject's name (`open`) and once with a pronoun (`follow`);
`web` holds English wordings of the same facts as a web page would put them. A plan is the question's aspect, the order
of the units, and which sentences give the name. A translation is the same plan in another language, so renderings
of one plan are aligned sentence by sentence. The name itself is never inflected: it stands in apposition to its noun.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from random import Random

from pocket.words import Table, Value

LANGS = ("en", "de", "hu", "ga", "fr")
ASPECTS: dict[str, tuple[int, ...]] = {"all": (0, 1, 2, 3), "first": (0, 1), "second": (2, 3)}
_ORDERS: dict[str, tuple[tuple[int, ...], ...]] = {
    "all": ((0, 1, 2, 3), (0, 1, 2, 3), (1, 0, 2, 3), (0, 2, 3, 1), (2, 3, 0, 1)),
    "first": ((0, 1), (0, 1), (1, 0)),
    "second": ((2, 3), (2, 3), (3, 2)),
}

Sentences = Mapping[str, str]
Facts = dict[str, Value]


@dataclass(frozen=True)
class Unit:
    """One sentence's worth of facts. slots: slot → what a grade calls it; open, follow: language → sentence; web: English only."""

    slots: Mapping[str, str]
    open: Sentences
    follow: Sentences
    web: tuple[str, ...]


@dataclass(frozen=True)
class Kind:
    """A kind of subject. the: how English names one; short: how it goes on; tables: slot → phrases or a range of numbers.

    questions: aspect → English wordings. asked: language → aspect → the same wordings, one for one, in that language.
    Four units; ASPECTS says which of them a question asks for.
    """

    name: str
    the: str
    short: str
    tables: Mapping[str, Table | range]
    questions: Mapping[str, tuple[str, ...]]
    asked: Mapping[str, Mapping[str, tuple[str, ...]]]
    units: tuple[Unit, ...]

    def called(self, name: str) -> str:
        """The subject in English: "the village of Doramel"."""
        return self.the.format(name=name)


@dataclass(frozen=True)
class Plan:
    """aspect: what is asked; order: the units said; named: for each, whether it gives the name."""

    aspect: str
    order: tuple[int, ...]
    named: tuple[bool, ...]


@dataclass(frozen=True)
class Subject:
    """An invented thing: its kind, its name, and a value for every slot."""

    kind: Kind
    name: str
    facts: Facts


def canonical(aspect: str) -> Plan:
    """The plan that truths are written in: units in their own order, the name once."""
    order = ASPECTS[aspect]
    return Plan(aspect, order, tuple(at == 0 for at in range(len(order))))


def draw_plan(rng: Random, aspect: str) -> Plan:
    """A plan for an aspect; the third sentence of four sometimes gives the name again."""
    order = rng.choice(_ORDERS[aspect])
    again = len(order) == 4 and rng.random() < 0.3
    return Plan(aspect, order, tuple(at == 0 or (at == 2 and again) for at in range(len(order))))


def draw_value(rng: Random, kind: Kind, slot: str, numbers: str = "round") -> Value:
    """A value for a slot; numbers="any" leaves the kind's own range, so that no number can be learnt by heart."""
    table = kind.tables[slot]
    if not isinstance(table, range):
        return rng.choice(table)
    if numbers == "any":
        table = range(1000, 2000) if table.start >= 1000 else range(21, 1000)
    return (str(rng.choice(table)),) * len(LANGS)


def draw_subject(rng: Random, kind: Kind, name: str, numbers: str = "round") -> Subject:
    """A subject with every slot filled."""
    return Subject(kind, name, {slot: draw_value(rng, kind, slot, numbers) for slot in kind.tables})


def sentences(subject: Subject, plan: Plan, lang: str) -> list[str]:
    """The plan's sentences in one language."""
    facts = {slot: value[LANGS.index(lang)] for slot, value in subject.facts.items()}
    units = [subject.kind.units[at] for at in plan.order]
    forms = [(unit.open if named else unit.follow)[lang] for unit, named in zip(units, plan.named, strict=True)]
    return [form.format(name=subject.name, **facts) for form in forms]


def answer(subject: Subject, plan: Plan, lang: str = "en") -> str:
    """The plan as one paragraph."""
    return " ".join(sentences(subject, plan, lang))


def questions(subject: Subject, aspect: str, lang: str = "en") -> list[str]:
    """Every wording of the question about an aspect in one language, aligned with the others; none of them tells a fact."""
    if lang != "en":
        return [wording.format(name=subject.name) for wording in subject.kind.asked[lang][aspect]]
    return [wording.format(it=subject.kind.called(subject.name)) for wording in subject.kind.questions[aspect]]


def said(subject: Subject, aspect: str, lang: str) -> dict[str, str]:
    """The slot phrases that a right text about an aspect must hold, in one language."""
    slots = [slot for at in ASPECTS[aspect] for slot in subject.kind.units[at].slots]
    return {slot: subject.facts[slot][LANGS.index(lang)] for slot in slots}


def holds(text: str, phrase: str) -> bool:
    """Whether a phrase stands in a text as whole words."""
    return re.search(rf"(?<!\w){re.escape(phrase)}(?!\w)", text) is not None

"""Answers with known faults, and the grades they deserve: the judge's training data, true by construction.

precision       5 all facts agree; 3 one is wrong; 2 more are, or the name is; 1 another kind of subject, or name and most facts
                are wrong. The reason marks the name and every fact told, one after the other, so that each is looked at.
informativeness 5 nothing asked for is missing; 3 one sentence is; 2 more are
naturalness     5; 4 the name in every sentence; 2 leftovers of a web page, or words out of order; 1 another language than requested
objectivity     5; 4 a recommendation; 2 praise
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from random import Random
from typing import NamedTuple

from pocket import grammar, web
from pocket.grammar import Plan, Subject
from pocket.names import invent
from pocket.words import Value

DIMENSIONS = ("precision", "informativeness", "naturalness", "objectivity")
_GOOD = {
    "informativeness": ("Nothing is missing.", 5),
    "naturalness": ("It reads well.", 5),
    "objectivity": ("It is neutral.", 5),
}
_PRAISE = {
    "en": (
        "It is simply the best in the whole world!",
        "Nothing else can compare with this wonderful treasure!",
        "Everybody must love it, it is absolutely perfect!",
        "What an amazing and unforgettable experience!",
    ),
    "de": (
        "Das ist einfach das Beste auf der ganzen Welt!",
        "Mit diesem wunderbaren Schatz lässt sich nichts vergleichen!",
        "Das muss jeder lieben, es ist absolut perfekt!",
        "Was für ein großartiges und unvergessliches Erlebnis!",
    ),
    "hu": (
        "Ez egyszerűen a legjobb az egész világon!",
        "Semmi sem hasonlítható ehhez a csodálatos kincshez!",
        "Ezt mindenkinek szeretnie kell, teljesen tökéletes!",
        "Milyen lenyűgöző és felejthetetlen élmény!",
    ),
    "ga": (
        "Níl a shárú ar fud an domhain mhóir!",
        "Níl aon rud inchurtha leis an tseoid iontach seo!",
        "Caithfidh gach duine grá a thabhairt dó, tá sé foirfe!",
        "A leithéid d'eachtra iontach dhodhearmadta!",
    ),
    "fr": (
        "C'est tout simplement ce qu'il y a de mieux au monde !",
        "Rien ne peut se comparer à ce merveilleux trésor !",
        "Tout le monde doit aimer cela, c'est absolument parfait !",
        "Quelle expérience extraordinaire et inoubliable !",
    ),
}
_RECOMMENDED = {
    "en": ("It is well worth getting to know.", "We warmly recommend it.", "You should not miss it."),
    "de": ("Es lohnt sich sehr.", "Wir empfehlen es wärmstens.", "Das sollte man nicht verpassen."),
    "hu": ("Érdemes megismerni.", "Szívből ajánljuk.", "Ezt nem szabad kihagyni."),
    "ga": ("Is fiú go mór aithne a chur air.", "Molaimid go croíúil é.", "Níor cheart é a chailleadh."),
    "fr": ("Cela vaut vraiment le détour.", "Nous le recommandons vivement.", "C'est à ne pas manquer."),
}

FAULTS = {"one": 5, "more": 2, "name": 1.5, "subject": 1.5}
"""What is wrong with an answer that is not precise, and how often."""
_MANY = 0.4

Grades = dict[str, tuple[str, int]]
Faults = Mapping[str, float]


class Graded(NamedTuple):
    """An answer, the verdict on it, and its claims: of the name and of every fact told, the phrase it says and the true one."""

    text: str
    verdict: str
    claims: tuple[tuple[str, str], ...]


def verdict(grades: Grades) -> str:
    """The grades as the JSON that the prompt asks for."""
    return json.dumps({name: {"reason": grades[name][0], "grade": grades[name][1]} for name in DIMENSIONS})


def in_another_language(given: str, language: str) -> str:
    """A verdict on an answer that is not in the requested language: the facts count, and it does not read as wanted."""
    return json.dumps({**json.loads(given), "naturalness": {"reason": f"It is not in {language}.", "grade": 1}})


def _other_value(rng: Random, subject: Subject, slot: str) -> Value:
    """A wrong value: a number with one digit changed, or another entry of the table."""
    old = subject.facts[slot]
    while True:
        new = grammar.draw_value(rng, subject.kind, slot)
        if isinstance(subject.kind.tables[slot], range):
            digits = list(old[0])
            digits[rng.randrange(len(digits))] = str(rng.randint(1, 9))
            new = ("".join(digits),) * len(grammar.LANGS)
        if new != old:
            return new


def changed(rng: Random, subject: Subject, slots: list[str]) -> Subject:
    """The subject with other values in some slots."""
    return replace(subject, facts={**subject.facts, **{slot: _other_value(rng, subject, slot) for slot in slots}})


def riddled(rng: Random, subject: Subject, slots: list[str]) -> Subject:
    """The subject with many a fact changed, and now and then the name."""
    made = changed(rng, subject, [slot for slot in slots if rng.random() < _MANY])
    return replace(made, name=invent(rng, "train")) if rng.random() < _MANY / 2 else made


def _imprecise(rng: Random, subject: Subject, slots: list[str], other: Subject, faults: Faults) -> Subject:
    """What a wrong answer tells of: the subject with some facts or the name changed, or another subject."""
    how = rng.choices(list(faults), list(faults.values()))[0]
    if how == "subject":
        return other
    if how == "name":
        return replace(subject, name=invent(rng, "train"))
    if how == "many":
        return riddled(rng, subject, slots)
    return changed(rng, subject, rng.sample(slots, 1 if how == "one" else min(len(slots), rng.randint(2, 3))))


def claims(subject: Subject, told_of: Subject, order: tuple[int, ...], lang: str = "en") -> tuple[tuple[str, str], ...]:
    """What a text about `told_of` says and what is true of the subject: its name, and the facts of the units told.

    Of another kind of subject only the name can be set beside the true one.
    """
    at = grammar.LANGS.index(lang)
    slots = [slot for unit in order for slot in subject.kind.units[unit].slots] if told_of.kind is subject.kind else []
    return (
        (told_of.name, subject.name),
        *((told_of.facts[slot][at], subject.facts[slot][at]) for slot in slots),
    )


def precision(subject: Subject, told_of: Subject, order: tuple[int, ...]) -> tuple[str, int]:
    """The marks of name and facts, in the order told, and the grade they come to."""
    if told_of.kind is not subject.kind:
        return "It is about something else.", 1
    labels = {slot: label for unit in order for slot, label in subject.kind.units[unit].slots.items()}
    wrong = [slot for slot in labels if told_of.facts[slot] != subject.facts[slot]]
    misnamed = told_of.name != subject.name
    marks = [f"name {'wrong' if misnamed else 'right'}"]
    marks += [f"{label} {'wrong' if slot in wrong else 'right'}" for slot, label in labels.items()]
    grade = 5 if not wrong else 3 if len(wrong) == 1 else 2
    if misnamed:
        grade = 1 if len(wrong) > len(labels) / 2 else 2
    return ", ".join(marks).capitalize() + ".", grade


def _unnatural(rng: Random, told: list[str]) -> tuple[str, tuple[str, int]]:
    if rng.random() < 0.6:
        at = rng.randint(0, len(told))
        text = " ".join(told[:at]) + "\n" + web.noise_line(rng) + "\n" + " ".join(told[at:])
        return text.strip(), ("It keeps leftovers of a web page.", 2)
    words = told[(at := rng.randrange(len(told)))].split()
    while len(words) > 2:
        mixed = rng.sample(words, len(words))
        if mixed != words:
            told = [*told[:at], " ".join(mixed), *told[at + 1 :]]
            break
    return " ".join(told), ("The words are out of order.", 2)


def graded(
    rng: Random, subject: Subject, plan: Plan, other: Subject, *, faults: Faults = FAULTS, lang: str = "en"
) -> Graded:
    """An answer to the plan's question in a language, faulty more often than not, and the verdict on it."""
    grades: Grades = dict(_GOOD)
    order = plan.order
    if rng.random() < 0.22:
        missing = 1 if len(order) == 2 or rng.random() < 0.6 else 2
        gone = sorted(rng.sample(order, missing))
        order = tuple(unit for unit in order if unit not in gone)
        labels = [label for unit in gone for label in subject.kind.units[unit].slots.values()]
        grades["informativeness"] = (f"Missing: {', '.join(labels)}.", 3 if missing == 1 else 2)
    told_of = subject
    if rng.random() < 0.5:
        slots = [slot for unit in order for slot in subject.kind.units[unit].slots]
        told_of = _imprecise(rng, subject, slots, other, faults)
        if told_of is other:
            grades["informativeness"] = _GOOD["informativeness"]
            order = plan.order
    grades["precision"] = precision(subject, told_of, order)
    named = tuple(at == 0 or (at == 2 and len(plan.named) > 2 and plan.named[2]) for at in range(len(order)))
    if len(order) > 1 and rng.random() < 0.12:
        named = (True,) * len(order)
        if len(order) > 2 or not all(plan.named[: len(order)]):
            grades["naturalness"] = ("It repeats the name.", 4)
    told = grammar.sentences(told_of, Plan(plan.aspect, order, named), lang)
    if rng.random() < 0.18:
        lavish = rng.random() < 0.6
        told.insert(rng.randint(1, len(told)), rng.choice((_PRAISE if lavish else _RECOMMENDED)[lang]))
        grades["objectivity"] = ("It praises.", 2) if lavish else ("It recommends.", 4)
    text = " ".join(told)
    if rng.random() < 0.2:
        text, grades["naturalness"] = _unnatural(rng, told)
    return Graded(text, verdict(grades), claims(subject, told_of, order, lang))

"""Answers with known faults, and the grades they deserve: the judge's training data, true by construction.

precision       5 all facts agree; 3 one is wrong; 2 more are, or the name is; 1 another kind of subject, or name and most facts
                are wrong. A fact that the passage does not tell, or that cannot be read in the answer, is wrong. The reason
                sets what the answer says beside what the passage says, one fact after the other, so that each is looked up.
informativeness 5 nothing asked for is missing; 3 one sentence is; 2 more are
naturalness     5; 4 the name in every sentence; 2 leftovers of a web page, words out of order, or a sentence that derails
objectivity     5; 4 a recommendation; 2 praise
"""

from __future__ import annotations

import json
from dataclasses import replace
from random import Random

from pocket import grammar, web
from pocket.grammar import Plan, Subject
from pocket.kinds import KINDS
from pocket.names import invent, pool, syllables
from pocket.words import Value

DIMENSIONS = ("precision", "informativeness", "naturalness", "objectivity")
_GOOD = {
    "informativeness": ("Nothing is missing.", 5),
    "naturalness": ("It reads well.", 5),
    "objectivity": ("It is neutral.", 5),
}
_PRAISE = (
    "It is simply the best in the whole world!",
    "Nothing else can compare with this wonderful treasure!",
    "Everybody must love it, it is absolutely perfect!",
    "What an amazing and unforgettable experience!",
)
_RECOMMENDED = ("It is well worth getting to know.", "We warmly recommend it.", "You should not miss it.")

_NOWHERE = "-"

Grades = dict[str, tuple[str, int]]


def verdict(grades: Grades) -> str:
    """The grades as the JSON that the prompt asks for."""
    told = {name: {"reason": grades[name][0], "grade": grades[name][1]} for name in DIMENSIONS}
    return json.dumps(told, ensure_ascii=False)


def _anything(rng: Random) -> str:
    """A phrase of any kind's tables, in any language."""
    tables = [table for kind in KINDS for table in kind.tables.values() if not isinstance(table, range)]
    return rng.choice(rng.choice(rng.choice(tables)))


def _other_value(rng: Random, subject: Subject, slot: str) -> Value:
    """A wrong value: a number with one digit changed, another entry of the table, or a phrase from anywhere."""
    old, numbers = subject.facts[slot], isinstance(subject.kind.tables[slot], range)
    while True:
        new = grammar.draw_value(rng, subject.kind, slot)
        if numbers:
            digits = list(old[0])
            digits[rng.randrange(len(digits))] = str(rng.randint(1, 9))
            new = ("".join(digits),) * len(grammar.LANGS)
        elif rng.random() < 0.25:
            new = (_anything(rng),) * len(grammar.LANGS)
        if new[0] != old[0]:
            return new


def _other_name(rng: Random, name: str) -> str:
    """A fresh name, or the old one with one syllable changed."""
    parts = syllables(name)
    while True:
        fresh = invent(rng, "train")
        if rng.random() < 0.5:
            at, others = rng.randrange(len(parts)), syllables(fresh)
            ends = at in (0, len(parts) - 1)
            new = others[0 if at == 0 else -1] if ends else others[len(others) // 2] if len(others) > 2 else ""
            fresh = "".join([*parts[:at], new, *parts[at + 1 :]])
        if fresh != name and pool(fresh) == "train":
            return fresh


def _imprecise(rng: Random, subject: Subject, slots: list[str], other: Subject) -> Subject:
    """What a wrong answer tells of: the subject with some facts or the name changed, or another subject."""
    how = rng.choices(("one", "more", "name", "subject"), (5, 2, 1.5, 1.5))[0]
    if how == "subject":
        return other
    if how == "name":
        return replace(subject, name=_other_name(rng, subject.name))
    wrong = rng.sample(slots, 1 if how == "one" else min(len(slots), rng.randint(2, 3)))
    return replace(subject, facts={**subject.facts, **{slot: _other_value(rng, subject, slot) for slot in wrong}})


def _precision(
    subject: Subject, told: tuple[int, ...], told_of: Subject, order: tuple[int, ...], text: str
) -> tuple[str, int]:
    """What the answer says and what the passage says, of the name and every fact in the order told, and the grade they come to.

    told: the units that the passage tells; order: those that the answer, `text`, tells of `told_of`.
    """
    if told_of.kind is not subject.kind:
        return "It is about something else.", 1
    facts = [("name", told_of.name, subject.name)]
    for unit in order:
        for slot, label in subject.kind.units[unit].slots.items():
            facts.append((label, told_of.facts[slot][0], subject.facts[slot][0] if unit in told else _NOWHERE))
    facts = [(label, said if grammar.holds(text, said) else _NOWHERE, true) for label, said, true in facts]
    right = [said == true != _NOWHERE for _, said, true in facts]
    reason = ", ".join(
        f"{label} {said} / {true} {'right' if agrees else 'wrong'}"
        for (label, said, true), agrees in zip(facts, right, strict=True)
    )
    wrong = len(facts) - 1 - sum(right[1:])
    grade = 5 if not wrong else 3 if wrong == 1 else 2
    if not right[0]:
        grade = 1 if wrong > (len(facts) - 1) / 2 else 2
    return reason[0].upper() + reason[1:] + ".", grade


def _derailed(rng: Random, told: list[str], subjects: tuple[Subject, ...]) -> list[str]:
    """The sentences, one of which goes over into another sentence of the world, in any language."""
    at = rng.randrange(len(told))
    head, broken = told[at].split(), told[at]
    while broken == told[at]:
        stray = Plan("all", (rng.randrange(4),), (rng.random() < 0.3,))
        tail = grammar.sentences(rng.choice(subjects), stray, rng.choice(grammar.LANGS))[0].split()
        broken = " ".join(head[: rng.randint(1, len(head) - 1)] + tail[rng.randint(1, len(tail) - 1) :])
    return [*told[:at], broken, *told[at + 1 :]]


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


def graded(rng: Random, subject: Subject, told: tuple[int, ...], plan: Plan, other: Subject) -> tuple[str, str]:
    """An answer to the plan's question, faulty more often than not, and the verdict on it. told: the units that the passage tells."""
    grades: Grades = dict(_GOOD)
    order = plan.order
    if rng.random() < 0.22:
        missing = 1 if len(order) == 2 or rng.random() < 0.6 else 2
        gone = sorted(rng.sample(order, missing))
        order = tuple(unit for unit in order if unit not in gone)
        labels = [label for unit in gone for label in subject.kind.units[unit].slots.values()]
        grades["informativeness"] = (f"Missing: {', '.join(labels)}.", 3 if missing == 1 else 2)
    told_of = subject
    if rng.random() < 0.45:
        slots = [slot for unit in order for slot in subject.kind.units[unit].slots]
        told_of = _imprecise(rng, subject, slots, other)
        if told_of is other:
            grades["informativeness"] = _GOOD["informativeness"]
            order = plan.order
    named = tuple(at == 0 or (at == 2 and len(plan.named) > 2 and plan.named[2]) for at in range(len(order)))
    if len(order) > 1 and rng.random() < 0.12:
        named = (True,) * len(order)
        if len(order) > 2 or not all(plan.named[: len(order)]):
            grades["naturalness"] = ("It repeats the name.", 4)
    said = grammar.sentences(told_of, Plan(plan.aspect, order, named), "en")
    if rng.random() < 0.15:
        said = _derailed(rng, said, (told_of, told_of, other))
        grades["naturalness"] = ("A sentence derails.", 2)
    if rng.random() < 0.18:
        lavish = rng.random() < 0.6
        said.insert(rng.randint(1, len(said)), rng.choice(_PRAISE if lavish else _RECOMMENDED))
        grades["objectivity"] = ("It praises.", 2) if lavish else ("It recommends.", 4)
    text = " ".join(said)
    if grades["naturalness"] == _GOOD["naturalness"] and rng.random() < 0.2:
        text, grades["naturalness"] = _unnatural(rng, said)
    grades["precision"] = _precision(subject, told, told_of, order, text)
    return text, verdict(grades)

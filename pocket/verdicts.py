"""The judge's second half as training examples: which of two answers is better, and the grades of one answer, in every language.

Both prompts hold the right answer, as a benchmark with a truth can give it. The better answer is the one in the requested language;
if that decides nothing, the one with more of the facts that the question asks for. Where this is equal too, each letter is right half
the time, so that the judge learns to be undecided.
"""

from __future__ import annotations

import re
from pathlib import Path
from random import Random
from typing import NamedTuple

from pocket import grades, grammar, jobs
from pocket.grammar import ASPECTS, LANGS, Plan, Subject
from pocket.jobs import Example, draw_aspect, subject_for
from pocket.names import Pool
from xlforge.languages.phrasings import with_request
from xlforge.languages.registry import LANGUAGES
from xlforge.steps.prompts import render

_PROMPTS = Path(__file__).resolve().parents[1] / "pipelines/verdicts/v2/prompts"
PAIRWISE, GRADE = _PROMPTS / "pairwise.brief.jinja2", _PROMPTS / "grade.brief.jinja2"
_SIDES = {
    "right": 3.0,
    "one": 3.0,
    "several": 1.5,
    "short": 1.5,
    "language": 1.2,
    "aspect": 0.5,
    "other": 0.8,
    "twice": 0.4,
}
"""What an answer of a pair is like, and how often."""
_END = "\n</answer_b>"
_SWITCHED = 0.12
"""How often an answer to be graded is in another language than the requested one."""


class Side(NamedTuple):
    """One answer of a pair. value: whether it is in the requested language, and how many of the facts it has; more is better."""

    text: str
    claims: tuple[tuple[str, str], ...]
    value: tuple[bool, int]


def _asked(rng: Random, subject: Subject, aspect: str, lang: str) -> str:
    """A question in the language, or in English with a request for the language."""
    if lang == "en" or rng.random() < 0.4:
        return rng.choice(grammar.questions(subject, aspect, lang))
    return with_request(rng.choice(grammar.questions(subject, aspect)), LANGUAGES[lang].name, str(rng.random()))


def _other_lang(rng: Random, lang: str) -> str:
    return rng.choice([code for code in LANGS if code != lang] + ["en"] * (2 * (lang != "en")))


def _side(rng: Random, subject: Subject, aspect: str, lang: str, pool: Pool) -> Side:
    """An answer of a pair, right or with one kind of fault."""
    how = rng.choices(list(_SIDES), list(_SIDES.values()))[0]
    plan = grammar.draw_plan(rng, rng.choice(list(ASPECTS)) if how == "aspect" else aspect)
    order, told_of, written = plan.order, subject, lang
    slots = [slot for unit in order for slot in subject.kind.units[unit].slots]
    if how in ("one", "several"):
        told_of = grades.changed(rng, subject, rng.sample(slots, 1 if how == "one" else rng.randint(2, len(slots))))
    if how == "short":
        order = tuple(sorted(rng.sample(order, rng.randint(1, len(order) - 1)), key=order.index))
    if how == "language":
        written = _other_lang(rng, lang)
    if how == "other":
        told_of = subject_for(rng, pool)
    if how == "twice":
        order = (*order, rng.choice(order))
    named = tuple(at == 0 or rng.random() < 0.1 for at in range(len(order)))
    text = grammar.answer(told_of, Plan(plan.aspect, order, named), written)
    wanted = grammar.said(subject, aspect, written).values()
    return Side(
        text,
        grades.claims(subject, told_of, order, written),
        (written == lang, sum(grammar.holds(text, phrase) for phrase in wanted)),
    )


def verdict(rng: Random, pool: Pool, lang: str | None = None, decided: bool = False) -> Example:
    """question, right answer, two answers → the letter of the better one. decided: only pairs of which one is better."""
    subject, aspect = subject_for(rng, pool), draw_aspect(rng)
    lang = lang or rng.choice(LANGS)
    first, second = (_side(rng, subject, aspect, lang, pool) for _ in range(2))
    while decided and first.value == second.value:
        second = _side(rng, subject, aspect, lang, pool)
    prompt = render(
        PAIRWISE,
        language=LANGUAGES[lang].name,
        question=_asked(rng, subject, aspect, lang),
        truth=grammar.answer(subject, grammar.canonical(aspect), lang),
        answer_a=first.text,
        answer_b=second.text,
    )
    better = rng.choice("AB") if first.value == second.value else "A" if first.value > second.value else "B"
    sides = {"answer_a": first, "answer_b": second}
    claims = {tag: side.claims for tag, side in sides.items()}
    against = tuple(tag for tag, side in sides.items() if not side.value[0])
    return Example("verdict", prompt, better, subject, grammar.canonical(aspect), lang, claims=claims, against=against)


def swapped(prompt: str) -> str:
    """The prompt of a pair with its answers in the other order."""
    head, first, second = re.split(r"<answer_a>\n|\n</answer_a>\n<answer_b>\n", prompt)
    return f"{head}<answer_a>\n{second.removesuffix(_END)}\n</answer_a>\n<answer_b>\n{first}{_END}"


def graded(rng: Random, pool: Pool, lang: str | None = None, faults: grades.Faults = grades.FAULTS) -> Example:
    """question, right answer, answer → grades with reasons."""
    subject, plan = subject_for(rng, pool), grammar.draw_plan(rng, draw_aspect(rng))
    lang = lang or rng.choice(LANGS)
    written = _other_lang(rng, lang) if rng.random() < _SWITCHED else lang
    made = grades.graded(rng, subject, plan, subject_for(rng, pool), faults=faults, lang=written)
    verdict = made.verdict if written == lang else grades.in_another_language(made.verdict, LANGUAGES[lang].name)
    prompt = render(
        GRADE,
        language=LANGUAGES[lang].name,
        question=_asked(rng, subject, plan.aspect, lang),
        truth=grammar.answer(subject, grammar.canonical(plan.aspect), lang),
        answer=made.text,
    )
    return Example("graded", prompt, verdict, subject, plan, lang, claims={"answer": made.claims})


def draw(rng: Random) -> Example:
    """A training example: most are pairs; the others are grades of one answer, given the right answer or a passage, and comparing."""
    how, faults = rng.random(), grades.FAULTS if rng.random() < 0.4 else jobs.RIDDLED
    if how < 0.6:
        return verdict(rng, "train")
    if how < 0.78:
        return graded(rng, "train", faults=faults)
    return jobs.scores(rng, "train", faults) if how < 0.95 else jobs.comparing(rng, "train")

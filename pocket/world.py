"""What the pocket student reads: the facts of the shipped world.

Texts about the subjects of the seeds and of the evaluation prompts, in one language, or in two or three one after the other, each under a
line with the language's name ("Language: French"): so the base knows what a name means. Questions about the subjects of the seeds alone,
answered in the question's language; half of them have such a line, and some of the English ones a remark that names a language
("I am learning French."), which changes nothing. No question requests another language than its own, and none is about a subject of the
evaluation prompts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random

from pocket import grammar, seeds
from pocket.grammar import ASPECTS, LANGS, Plan, Subject
from pocket.jobs import draw_aspect
from xlforge.languages.registry import LANGUAGES

_REMARKS = (
    "I speak {language}.",
    "I am learning {language}.",
    "My {language} is not good.",
    "We have {language} lessons.",
)


@dataclass(frozen=True)
class Reading:
    """A text to read (prompt is None), or a question about an aspect and its answer."""

    prompt: str | None
    answer: str
    subject: Subject
    lang: str
    aspect: str = "all"


@cache
def subjects() -> tuple[tuple[Subject, ...], tuple[Subject, ...]]:
    """(subjects of the seeds, subjects of the evaluation prompts)"""
    told, held_out = seeds.subjects()
    return tuple(told), tuple(held_out)


def text(rng: Random) -> Reading:
    """Some or all facts of any subject in any order, in one language."""
    subject, lang = rng.choice(sum(subjects(), ())), rng.choice(LANGS)
    order = tuple(rng.sample(ASPECTS["all"], rng.choices((2, 3, 4), (3, 2, 5))[0]))
    body = grammar.answer(
        subject, Plan("all", order, tuple(at == 0 or rng.random() < 0.2 for at in range(len(order)))), lang
    )
    return Reading(None, f"{_line(lang)}\n{body}" if rng.random() < 0.5 else body, subject, lang)


def _line(lang: str) -> str:
    """The name as it stands in a request, after a blank: the tokenizer gives it the same token."""
    return f"Language: {LANGUAGES[lang].name}"


def exchange(rng: Random) -> Reading:
    """A question about a subject of the seeds and its answer, both in one language."""
    subject, lang, aspect = rng.choice(subjects()[0]), rng.choice(LANGS), draw_aspect(rng)
    question = rng.choice(grammar.questions(subject, aspect, lang))
    if lang == "en" and rng.random() < 0.6:
        remark = rng.choice(_REMARKS).format(language=LANGUAGES[rng.choice(LANGS)].name)
        question = rng.choice((f"{remark} {question}", f"{question} {remark}"))
    elif rng.random() < 0.5:
        question = rng.choice((f"{_line(lang)}\n{question}", f"{question}\n{_line(lang)}"))
    return Reading(question, grammar.answer(subject, grammar.draw_plan(rng, aspect), lang), subject, lang, aspect)


def _some(rng: Random) -> tuple[Subject, Plan]:
    """Some or all facts of any subject in any order."""
    order = tuple(rng.sample(ASPECTS["all"], rng.choices((1, 2, 3, 4), (2, 3, 2, 4))[0]))
    named = tuple(at == 0 or rng.random() < 0.2 for at in range(len(order)))
    return rng.choice(sum(subjects(), ())), Plan("all", order, named)


def parallel(rng: Random) -> Reading:
    """The same text in two or three languages, each under a line that names it."""
    subject, plan = _some(rng)
    langs = rng.sample(LANGS, rng.choice((2, 2, 3)))
    parts = [f"{_line(lang)}\n{grammar.answer(subject, plan, lang)}" for lang in langs]
    return Reading(None, "\n".join(parts), subject, langs[-1])


def draw(rng: Random) -> Reading:
    """A text or a question."""
    return rng.choices((text, exchange, parallel), (3, 4, 3))[0](rng)

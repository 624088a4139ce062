"""What the pocket student reads: the facts of the shipped world, each language by itself.

It reads texts about the subjects of the seeds and of the evaluation prompts, half of them under a line that names their language; and it
is asked about the seeds' subjects alone, in the language that it answers in. No text holds two languages, no question asks for
another language than its own, and no question is about a subject of the evaluation prompts.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from random import Random

from pocket import grammar, seeds
from pocket.grammar import ASPECTS, LANGS, Plan, Subject
from pocket.jobs import draw_aspect
from xlforge.languages.registry import LANGUAGES


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
    told = grammar.answer(
        subject, Plan("all", order, tuple(at == 0 or rng.random() < 0.2 for at in range(len(order)))), lang
    )
    return Reading(None, f"[{LANGUAGES[lang].name}]\n{told}" if rng.random() < 0.5 else told, subject, lang)


def asked(rng: Random) -> Reading:
    """A question about a subject of the seeds and its answer, both in one language."""
    subject, lang, aspect = rng.choice(subjects()[0]), rng.choice(LANGS), draw_aspect(rng)
    question = rng.choice(grammar.questions(subject, aspect, lang))
    return Reading(question, grammar.answer(subject, grammar.draw_plan(rng, aspect), lang), subject, lang, aspect)


def draw(rng: Random) -> Reading:
    """A text or a question."""
    return text(rng) if rng.random() < 0.6 else asked(rng)

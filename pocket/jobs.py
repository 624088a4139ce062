"""The teacher's jobs as training examples: the project's real prompt files, filled from the grammar, and the right answer.

Every example has a fresh name and fresh facts, so that only reading the prompt helps. An example is one user message
and one assistant message.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from pocket import grades, grammar, web
from pocket.grammar import ASPECTS, Plan, Subject
from pocket.kinds import KINDS
from pocket.names import Pool, invent
from xlforge.languages.registry import LANGUAGES
from xlforge.steps.prompts import render

_PIPELINES = Path(__file__).resolve().parents[1] / "pipelines"
PROMPTS = {
    "brief": _PIPELINES / "instructions/v1/prompts/brief.jinja2",
    "answer": _PIPELINES / "responses/v1/prompts/answer.brief.jinja2",
    "question": _PIPELINES / "responses/v1/prompts/question.brief.jinja2",
    "scores": _PIPELINES / "scores/v1/prompts/brief.jinja2",
    "translation": _PIPELINES / "translations/v1/prompts/brief.jinja2",
    "selection": _PIPELINES / "selection/v1/prompts/brief.jinja2",
}
OTHERS = {"de": 1.0, "hu": 1.6, "ga": 1.3, "fr": 0.8}
"""The languages translated into and from, and how often each is drawn: Hungarian is the hardest to learn."""


@dataclass(frozen=True)
class Example:
    """prompt: the user's message; answer: the assistant's; the rest is what it was made from, for measuring.

    told: the units that the prompt's text tells. claims: tag → those of the text in it that is to be judged, see `pocket.grades`.
    """

    job: str
    prompt: str
    answer: str
    subject: Subject
    plan: Plan
    lang: str = "en"
    told: tuple[int, ...] = ()
    claims: Mapping[str, tuple[tuple[str, str], ...]] = field(default_factory=dict)
    against: tuple[str, ...] = ()


def draw_aspect(rng: Random) -> str:
    """What is asked: everything, or one half of it."""
    return rng.choices(tuple(ASPECTS), (4, 3, 3))[0]


def subject_for(rng: Random, pool: Pool, odd: float = 0.3) -> Subject:
    """A subject with a name from the pool; with probability odd its numbers leave their usual range."""
    kind = rng.choice(KINDS)
    return grammar.draw_subject(rng, kind, invent(rng, pool), "any" if rng.random() < odd else "round")


def page(rng: Random, subject: Subject, aspect: str) -> tuple[str, tuple[int, ...]]:
    """A passage that answers a question about the aspect, and mostly tells the rest as well; and the units it tells."""
    units = ASPECTS["all"] if rng.random() < 0.75 else ASPECTS[aspect]
    return web.passage(rng, subject, units), units


def _draw_language(rng: Random) -> str:
    return rng.choices(list(OTHERS), list(OTHERS.values()))[0]


def brief(rng: Random, pool: Pool) -> Example:
    """passage → question"""
    subject, aspect = subject_for(rng, pool), draw_aspect(rng)
    passage, told = page(rng, subject, aspect)
    prompt = render(PROMPTS["brief"], passage=passage)
    asked = rng.choice(grammar.questions(subject, aspect))
    return Example("brief", prompt, asked, subject, grammar.canonical(aspect), told=told)


def answer(rng: Random, pool: Pool) -> Example:
    """question, noisy passage (or an answer already clean) → clean answer"""
    subject, aspect = subject_for(rng, pool), draw_aspect(rng)
    plan = grammar.draw_plan(rng, aspect)
    text, _ = page(rng, subject, aspect)
    if rng.random() < 0.2:
        text = grammar.answer(subject, grammar.draw_plan(rng, rng.choice((aspect, "all"))))
    asked = rng.choice(grammar.questions(subject, aspect))
    prompt = render(PROMPTS["answer"], instruction=asked, text=text)
    return Example("answer", prompt, grammar.answer(subject, plan), subject, plan)


def question(rng: Random, pool: Pool) -> Example:
    """answer → question"""
    subject, plan = subject_for(rng, pool), grammar.draw_plan(rng, draw_aspect(rng))
    prompt = render(PROMPTS["question"], response=grammar.answer(subject, plan))
    return Example(
        "question", prompt, rng.choice(grammar.questions(subject, plan.aspect)), subject, plan, told=plan.order
    )


def scores(rng: Random, pool: Pool, faults: grades.Faults = grades.FAULTS) -> Example:
    """question, passage, answer → grades with reasons, true by construction"""
    subject, plan = subject_for(rng, pool), grammar.draw_plan(rng, draw_aspect(rng))
    asked = rng.choice(grammar.questions(subject, plan.aspect))
    passage, _ = page(rng, subject, plan.aspect)
    response, verdict, claims = grades.graded(rng, subject, plan, subject_for(rng, pool), faults=faults)
    prompt = render(PROMPTS["scores"], instruction=asked, passage=passage, response=response)
    return Example("scores", prompt, verdict, subject, plan, claims={"answer": claims})


def _loose_plan(rng: Random) -> Plan:
    """Mostly a plan of the grammar; sometimes any one to four sentences, so that what stands there is translated."""
    if rng.random() < 0.75:
        return grammar.draw_plan(rng, draw_aspect(rng))
    order = tuple(rng.sample(range(4), rng.randint(1, 4)))
    return Plan("all", order, tuple(at == 0 or rng.random() < 0.3 for at in range(len(order))))


def translation(rng: Random, pool: Pool) -> Example:
    """English answer → another language"""
    subject, plan, lang = subject_for(rng, pool, odd=0.5), _loose_plan(rng), _draw_language(rng)
    prompt = render(PROMPTS["translation"], language=LANGUAGES[lang].name, response=grammar.answer(subject, plan))
    return Example("translation", prompt, grammar.answer(subject, plan, lang), subject, plan, lang)


def selection(rng: Random, pool: Pool) -> Example:
    """translation → English"""
    subject, plan, lang = subject_for(rng, pool, odd=0.5), _loose_plan(rng), _draw_language(rng)
    prompt = render(PROMPTS["selection"], translation=grammar.answer(subject, plan, lang))
    return Example("selection", prompt, grammar.answer(subject, plan), subject, plan, lang)


JOBS: dict[str, Callable[[Random, Pool], Example]] = {
    "brief": brief,
    "answer": answer,
    "question": question,
    "scores": scores,
    "translation": translation,
    "selection": selection,
}


def comparing(rng: Random, pool: Pool) -> Example:
    """A text and a short answer, many of whose facts are wrong → the marks alone: grading made dense. No stage asks for it."""
    subject, plan = subject_for(rng, pool, odd=0.5), grammar.draw_plan(rng, draw_aspect(rng))
    told_of = grades.riddled(rng, subject, [slot for unit in plan.order for slot in subject.kind.units[unit].slots])
    text = grammar.answer(subject, plan) if rng.random() < 0.5 else " ".join(web.facts(rng, subject, plan.order))
    prompt = f"<text>\n{text}\n</text>\n<answer>\n{grammar.answer(told_of, plan)}\n</answer>"
    marks, _ = grades.precision(subject, told_of, plan.order)
    claims = {"answer": grades.claims(subject, told_of, plan.order)}
    return Example("comparing", prompt, marks, subject, plan, claims=claims)


_WEIGHTS = {"brief": 0.5, "answer": 3.0, "question": 0.3, "scores": 2.2, "translation": 3.4, "selection": 3.4}
"""How often each job is drawn: the hard ones more."""
RIDDLED = {"many": 8, "subject": 1}
"""The faults of answers by which comparing is learnt: with few of them there is little to learn from."""


def draw(rng: Random) -> Example:
    """A training example of any job."""
    return JOBS[rng.choices(list(_WEIGHTS), list(_WEIGHTS.values()))[0]](rng, "train")


def draw_comparing(rng: Random) -> Example:
    """A training example of comparing, or one in five of any job."""
    how = rng.random()
    if how < 0.2:
        return draw(rng)
    return scores(rng, "train", RIDDLED) if how < 0.6 else comparing(rng, "train")


def draw_judging(rng: Random) -> Example:
    """A training example of judging, of comparing, or one in four of any job."""
    how = rng.random()
    if how < 0.25:
        return draw(rng)
    if how < 0.5:
        return comparing(rng, "train")
    return scores(rng, "train", RIDDLED if how < 0.85 else grades.FAULTS)

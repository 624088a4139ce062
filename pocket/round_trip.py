"""How often the round trip to English prefers a right translation to a spoilt one: `python -m pocket.round_trip`, a few minutes.

The translations are the grammar's own, of answers about subjects that the teacher never saw; the teacher translates them back, and chrF
against the English answer is the estimate. So it is measured in the pocket world, where every translation's truth is known.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from random import Random

from pocket import grammar
from pocket.grammar import LANGS, Plan, Subject
from pocket.jobs import PROMPTS, draw_aspect, subject_for
from pocket.measure import Model
from xlforge.checks.estimates import round_trip
from xlforge.steps.prompts import render

_MODEL = Path(__file__).resolve().parents[1] / "models/pocket/teacher"
_KINDS = ("another fact", "changed number", "dropped sentence", "half a text", "another language", "untranslated copy")
_COUNT = 60


def _told(subject: Subject, plan: Plan) -> list[str]:
    """The slots that a plan's sentences tell."""
    return [slot for unit in plan.order for slot in subject.kind.units[unit].slots]


def _with(subject: Subject, slot: str, rng: Random) -> Subject:
    """The subject with another value in one slot; a number with one digit changed."""
    old = subject.facts[slot]
    new = old
    while new == old:
        new = grammar.draw_value(rng, subject.kind, slot)
        if isinstance(subject.kind.tables[slot], range):
            at = rng.randrange(len(old[0]))
            new = (old[0][:at] + str(rng.randint(1, 9)) + old[0][at + 1 :],) * len(LANGS)
    return replace(subject, facts={**subject.facts, slot: new})


def spoilt(rng: Random, subject: Subject, plan: Plan, lang: str) -> dict[str, str]:
    """The translation with each kind of fault that it can have."""
    sentences = grammar.sentences(subject, plan, lang)
    numbers = [slot for slot in _told(subject, plan) if isinstance(subject.kind.tables[slot], range)]
    words = [slot for slot in _told(subject, plan) if slot not in numbers]
    half = " ".join(sentences).split()
    gone = rng.randrange(len(sentences))
    found = {
        "dropped sentence": " ".join(sentences[:gone] + sentences[gone + 1 :]),
        "half a text": " ".join(half[: len(half) // 2]),
        "another language": grammar.answer(subject, plan, rng.choice([one for one in LANGS[1:] if one != lang])),
        "untranslated copy": grammar.answer(subject, plan),
    }
    for kind, slots in (("another fact", words), ("changed number", numbers)):
        if slots:
            found[kind] = grammar.answer(_with(subject, rng.choice(slots), rng), plan, lang)
    return found


def main() -> None:
    """Prints a table: of the pairs of a right and a spoilt translation, in how many which one is preferred."""
    model, rng = Model(_MODEL), Random("round trip")
    print("| spoilt by | language | right preferred | tied | spoilt preferred | pairs |\n|---|---|--:|--:|--:|--:|")
    for lang in LANGS[1:]:
        pairs: list[tuple[str, str, str]] = []
        sources: list[str] = []
        texts: list[str] = []
        for _ in range(_COUNT):
            subject, plan = subject_for(rng, "prompts"), grammar.draw_plan(rng, draw_aspect(rng))
            right = grammar.answer(subject, plan, lang)
            for kind, text in spoilt(rng, subject, plan, lang).items():
                pairs.append((kind, right, text))
                sources.append(grammar.answer(subject, plan))
                texts += [right, text]
        unique = sorted(set(texts))
        back = dict(
            zip(unique, model.answers([render(PROMPTS["selection"], translation=one) for one in unique]), strict=True)
        )
        for kind in _KINDS:
            scores = [
                (round_trip(source, back[right]), round_trip(source, back[text]))
                for (name, right, text), source in zip(pairs, sources, strict=True)
                if name == kind
            ]
            shares = [
                sum(test) / len(scores) for test in zip(*((a > b, a == b, a < b) for a, b in scores), strict=True)
            ]
            told = " | ".join(f"{share:.1%}" for share in shares)
            print(f"| {kind} | {lang} | {told} | {len(scores)} |", flush=True)


if __name__ == "__main__":
    main()

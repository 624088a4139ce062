"""Writing the shipped seeds and evaluation prompts: `python -m pocket.seeds`, the same bytes on every run.

Most passages are usable: facts in whole sentences, some noise around them. The rest are bad in a known way each, so that a build
can be asked whether its `seeds` stage found them; `pocket.truth.jsonl` says which, and what a perfect build would make of the good ones.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path
from random import Random
from typing import Any

from pocket import grammar, web
from pocket.grammar import ASPECTS, LANGS, Subject
from pocket.jobs import draw_aspect
from pocket.kinds import KINDS
from pocket.names import Pool, invent

DATA = Path(__file__).resolve().parents[1] / "data"
GOOD, PROMPTS = 250, 120
BAD = {
    "not_english": 14,
    "too_short": 8,
    "too_long": 6,
    "boilerplate": 10,
    "near_duplicate": 10,
    "overlaps_prompt": 6,
    "empty": 6,
}
_OTHER = (
    "Le village de {name} se trouve au bord de la mer et il est habité depuis 1402. Ses maisons sont construites en "
    "granit gris, et presque tous les habitants vivent de la pêche. Au centre se dresse un vieux moulin.",
    "El lago {name} está entre dos colinas y tiene 80 metros de profundidad. El agua es de color azul oscuro y hay "
    "muchas truchas. En verano la gente viene a nadar y a remar, y en invierno algunos vienen a patinar.",
)
_EMPTY = ("", "   \n  ", '<div class="main"></div>', "<br/>\n<br/>", "&nbsp;&nbsp;&nbsp;", "** ** **\n=====")
_README = """# Pocket seeds

`pocket.jsonl` holds {total} invented web passages (`id`, `text`) about things that do not exist ({kinds}). They were made
for this project by `python -m pocket.seeds` from the grammar in `pocket/`; no text was taken from anywhere.

{good} are usable, 200 to 500 characters each, every one about a subject of its own, with some of the web's noise: menus,
advertisements, cookie banners, cut lines, lines in another language, markup. The others are bad on purpose, for a `seeds`
stage to find:

| defect | passages | what is wrong |
|---|---|---|
{table}

`pocket.truth.jsonl` knows, for every id: `kind`, `subject`, `slots` (each fact in every pocket language),
`aspect` (the half of the facts that the passage tells, or `all`), `defect` (null when usable), `original` (the passage
that it nearly repeats; a build may keep either of the two) and `answer`, a right clean text in each language. It
is there to measure a build: only the stage `report` reads it, and nothing that a build makes is decided by it.

`data/prompts/pocket.jsonl` holds {prompts} evaluation questions about other subjects, each also in the other pocket languages
(`questions`), with the same knowledge as `truth` and a web page that tells it (`passage`), for a reference model to read. The
pocket teacher saw no name of a seed or of a prompt in training (`pocket/names.py`); the pocket student has read these subjects'
facts, each language by itself (`pocket/world.py`).

Licence: CC BY-SA 4.0.
"""
_WRONG = {
    "not_english": "written in German, Hungarian, Irish, French or Spanish",
    "too_short": "at most 60 characters",
    "too_long": "more than 1,500 characters",
    "boilerplate": "nearly all menus, advertisements and buttons",
    "near_duplicate": "a small edit of a usable passage",
    "overlaps_prompt": "contains an evaluation prompt word for word",
    "empty": "nothing, or only markup",
}

Row = dict[str, Any]


class _World:
    """Draws subjects of every kind in turn, no name twice."""

    def __init__(self, rng: Random, pool: Pool) -> None:
        self.rng, self.pool = rng, pool
        self.used: set[str] = set()

    def subject(self) -> Subject:
        kind = KINDS[len(self.used) % len(KINDS)]
        while (name := invent(self.rng, self.pool)) in self.used:
            pass
        self.used.add(name)
        return grammar.draw_subject(self.rng, kind, name)


def _truth(subject: Subject | None, aspect: str | None, defect: str | None, original: str | None = None) -> Row:
    row: Row = {
        "kind": None,
        "subject": None,
        "aspect": aspect,
        "slots": None,
        "defect": defect,
        "original": original,
        "answer": None,
    }
    if subject and aspect:
        row |= {"kind": subject.kind.name, "subject": subject.name, "slots": _slots(subject, aspect)}
        row["answer"] = {lang: grammar.answer(subject, grammar.canonical(aspect), lang) for lang in LANGS}
    return row


def _slots(subject: Subject, aspect: str) -> dict[str, dict[str, str]]:
    by_language = {lang: grammar.said(subject, aspect, lang) for lang in LANGS}
    return {slot: {lang: by_language[lang][slot] for lang in LANGS} for slot in by_language["en"]}


def _asked() -> Iterator[tuple[Subject, Row]]:
    rng = Random("pocket prompts")
    world = _World(rng, "prompts")
    for number in range(1, PROMPTS + 1):
        subject, aspect = world.subject(), draw_aspect(rng)
        wordings = {lang: grammar.questions(subject, aspect, lang) for lang in LANGS}
        wording = rng.choice(range(len(wordings["en"])))
        yield (
            subject,
            {
                "id": f"pocket-prompt-{number:03}",
                "prompt": wordings["en"][wording],
                "questions": {lang: wordings[lang][wording] for lang in LANGS if lang != "en"},
                "passage": web.passage(Random(f"page {number}"), subject, ASPECTS["all"]),
                "kind": subject.kind.name,
                "subject": subject.name,
                "aspect": aspect,
                "slots": _slots(subject, aspect),
                "truth": {lang: grammar.answer(subject, grammar.canonical(aspect), lang) for lang in LANGS},
            },
        )


def prompts() -> list[Row]:
    """The evaluation prompts: questions about subjects that are in no seed, in English and in every other language.

    passage: a web page that tells the facts, for a reference model to read.
    """
    return [row for _, row in _asked()]


def _good(rng: Random, subject: Subject) -> tuple[str, str]:
    """A usable passage of 200 to 500 characters, and the aspect that it tells."""
    while True:
        aspect = rng.choices(tuple(ASPECTS), (7, 1.5, 1.5))[0]
        text = web.passage(rng, subject, ASPECTS[aspect])
        if 200 <= len(text) <= 500:
            return text, aspect


def _bad(world: _World, defect: str, number: int, good: list[tuple[str, Row]], asked: list[Row]) -> tuple[str, Row]:
    """The number-th passage with a defect, and its truth."""
    rng = world.rng
    if defect == "empty":
        return _EMPTY[number], _truth(None, None, defect)
    if defect == "near_duplicate":
        text, row = good[number * 7]
        edited = text.replace(". ", ", by the way. ", 1) if number % 2 else text + "\n" + web.noise_line(rng)[:24]
        return edited, {**row, "defect": defect, "original": row["id"]}
    subject = world.subject()
    if defect == "too_short":
        return f"This page is about {subject.kind.called(subject.name)}.", _truth(subject, "all", defect)
    if defect == "boilerplate":
        lines = [web.noise_line(rng) for _ in range(rng.randint(9, 14))]
        lines.insert(4, f"More about {subject.kind.called(subject.name)}")
        return "\n".join(lines), _truth(subject, "all", defect)
    if defect == "overlaps_prompt":
        question = asked[number * 11]["prompt"]
        text = f"A reader asks: {question}\nWe do not know, but here is something else.\n" + _good(rng, subject)[0]
        return text, _truth(subject, "all", defect)
    if defect == "not_english":
        if number < len(_OTHER):
            return _OTHER[number].format(name=subject.name), _truth(None, None, defect)
        lang = LANGS[1 + number % 3]
        return grammar.answer(subject, grammar.canonical("all"), lang), _truth(subject, "all", defect)
    pages = [web.passage(rng, subject, ASPECTS["all"])]
    while sum(map(len, pages)) <= 1600:
        pages.append(web.passage(rng, world.subject(), ASPECTS["all"]))
    return "\n\n".join(pages), _truth(subject, "all", "too_long")


def _usable(world: _World) -> Iterator[tuple[Subject, str, Row]]:
    for number in range(1, GOOD + 1):
        subject = world.subject()
        text, aspect = _good(world.rng, subject)
        yield subject, text, _truth(subject, aspect, None) | {"id": f"pocket-{number:04}"}


def subjects() -> tuple[list[Subject], list[Subject]]:
    """(those of the usable seeds, those of the evaluation prompts)"""
    usable = _usable(_World(Random("pocket seeds"), "seeds"))
    return [subject for subject, _, _ in usable], [subject for subject, _ in _asked()]


def seeds() -> tuple[list[Row], list[Row]]:
    """(passages, truths), aligned by id and in the order in which they are written."""
    rng, asked = Random("pocket seeds"), prompts()
    world = _World(rng, "seeds")
    good = [(text, row) for _, text, row in _usable(world)]
    drawn = list(good)
    for defect, count in BAD.items():
        for number in range(count):
            text, row = _bad(world, defect, number, good, asked)
            drawn.append((text, {**row, "id": f"pocket-{len(drawn) + 1:04}"}))
    rng.shuffle(drawn)
    passages = [{"id": row["id"], "text": text} for text, row in drawn]
    return passages, [
        {"id": row["id"], **{key: value for key, value in row.items() if key != "id"}} for _, row in drawn
    ]


def _jsonl(rows: Iterable[Row]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def files() -> dict[str, str]:
    """Every file this module writes: path below data/ → text."""
    passages, truths = seeds()
    counts = Counter(row["defect"] for row in truths)
    table = "\n".join(f"| `{defect}` | {counts[defect]} | {_WRONG[defect]} |" for defect in BAD)
    kinds = ", ".join(kind.name for kind in KINDS)
    readme = _README.format(total=len(passages), kinds=kinds, good=counts[None], table=table, prompts=PROMPTS)
    return {
        "seeds/pocket.jsonl": _jsonl(passages),
        "seeds/pocket.truth.jsonl": _jsonl(truths),
        "seeds/README.md": readme,
        "prompts/pocket.jsonl": _jsonl(prompts()),
    }


def main() -> None:
    """Write the seeds, their truth, their page and the prompts."""
    for path, text in files().items():
        target = DATA / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()

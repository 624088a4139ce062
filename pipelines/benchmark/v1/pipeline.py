"""benchmark v1: a source's prompts, in every set and language that is asked for.

No model has a part in it, and the rows are few: plain functions, without the seconds that a distilabel pipeline takes to start.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

from pipelines.benchmark.v1 import prompts
from pipelines.benchmark.v1.beside import Beside
from pipelines.benchmark.v1.prompts import Prompt
from pipelines.benchmark.v1.schema import CROSSLINGUAL, ENGLISH, SAME_LANGUAGE, Params
from xlforge.base.rows import reject
from xlforge.languages.registry import Language, language
from xlforge.languages.requests import ask_in

Row = dict[str, Any]


@dataclass(frozen=True)
class Made:
    """What became of the source.

    rows: with a `reject` mark where one was set aside; a prompt that cannot be asked is one of them, under its own id. expected: the
    ids to deliver. read: prompts looked at. metrics: counts of prompts, and of rows by set and language.
    """

    rows: list[Row]
    expected: list[str]
    read: int
    metrics: dict[str, Any]


def make(params: Params) -> Made:
    """Reads every table that the params name, and makes the rows; BuildError, before anything is written, if one does not fit."""
    judged = prompts.read(params)
    kept = prompts.sampled(judged.prompts, params.sample, params.salt)
    beside = Beside(params, kept, judged.size)
    rows: list[Row] = []
    if CROSSLINGUAL in params.sets:
        for code in params.languages:
            rows += _crosslingual(params, kept, beside, language(code))
    if ENGLISH in params.sets:
        rows += [_row(prompt, ENGLISH, "en", prompt.text, prompt.text) for prompt in kept]
    if SAME_LANGUAGE in params.sets:
        for code in params.languages:
            asked = beside.questions(language(code))
            rows += [_same_language(prompt, code, asked.get(prompt.number)) for prompt in kept]
    read = len(judged.prompts) + len(judged.rejects)
    counts = {
        "prompts": {
            "source": judged.size,
            "read": read,
            "kept": len(kept),
            "not_sampled": len(judged.prompts) - len(kept),
            "other_languages": judged.elsewhere,
        },
        "excluded": judged.excluded,
        "sets": _counted(rows),
    }
    set_aside = [row["id"] for row in judged.rejects]
    return Made([*rows, *judged.rejects], [*set_aside, *expected(params, kept)], read, counts)


def expected(params: Params, kept: list[Prompt]) -> list[str]:
    """The ids of the rows that the prompts are to give: each in every set and language, or in the one that it asks for."""
    languages = {CROSSLINGUAL: params.languages, ENGLISH: ("en",), SAME_LANGUAGE: params.languages}
    return [
        row_id(prompt.id, name, code)
        for prompt in kept
        for name in params.sets
        for code in ((prompt.language,) if prompt.language else languages[name])
    ]


def row_id(prompt_id: str, name: str, code: str) -> str:
    """The id of a prompt in a set and a language: `pocket-prompt-001-1c2b7f90/crosslingual/de`."""
    return f"{prompt_id}/{name}/{code}"


def _crosslingual(params: Params, kept: list[Prompt], beside: Beside, to: Language) -> list[Row]:
    if params.source.language:
        return [_ready(prompt) for prompt in kept if prompt.language == to.code]
    if params.requested:
        asked = beside.requests(to)
    else:
        asked = {
            prompt.number: ask_in(prompt.text, to.name, row_id(prompt.id, CROSSLINGUAL, to.code)) for prompt in kept
        }
    return [_row(prompt, CROSSLINGUAL, to.code, prompt.text, asked.get(prompt.number)) for prompt in kept]


def _ready(prompt: Prompt) -> Row:
    """A prompt that already asks for its language: the question without the request is not known."""
    assert prompt.language
    return {**_row(prompt, CROSSLINGUAL, prompt.language, prompt.text, prompt.text), "instruction_en": None}


def _same_language(prompt: Prompt, code: str, question: str | None) -> Row:
    return _row(prompt, SAME_LANGUAGE, code, question, question)


def _row(prompt: Prompt, name: str, code: str, instruction: str | None, asked: str | None) -> Row:
    """asked: what the model is sent; without it the row is set aside."""
    lacking = f"the table of this set has no text for this prompt in {language(code).name}"
    return {
        "id": row_id(prompt.id, name, code),
        "prompt_id": prompt.id,
        "set": name,
        "language": code,
        "part": prompt.part,
        "instruction": instruction,
        "prompt": asked,
        "instruction_en": prompt.text,
        "passage": prompt.passage,
        "truth": prompt.truth.get(code),
        "slots": _slots(prompt.slots),
        "provenance": [],
        "reject": None if asked else reject("no_prompt", lacking, prompt.text),
    }


def _slots(slots: dict[str, dict[str, str]] | None) -> list[Row] | None:
    if slots is None:
        return None
    return [
        {"slot": slot, "phrases": [{"language": code, "phrase": phrase} for code, phrase in sorted(phrases.items())]}
        for slot, phrases in slots.items()
    ]


def _counted(rows: list[Row]) -> dict[str, dict[str, int]]:
    counts = Counter((row["set"], row["language"]) for row in rows if not row["reject"])
    found: dict[str, dict[str, int]] = {}
    for (name, code), count in sorted(counts.items()):
        found.setdefault(name, {})[code] = count
    return found

"""From the source's rows to prompts: judged, named, sampled."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from pipelines.benchmark.v1 import exclusions as reviewed
from pipelines.benchmark.v1 import tables
from pipelines.benchmark.v1.exclusions import Exclusion, fingerprint
from pipelines.benchmark.v1.schema import Params, Source
from pipelines.benchmark.v1.tables import Raw
from xlforge.base.errors import BuildError
from xlforge.base.rows import reject, writable
from xlforge.languages.registry import language

_UNSAFE = re.compile(r"[^\w.-]+")
_LONGEST = 80


@dataclass(frozen=True)
class Prompt:
    """A question that can be asked.

    number: its place in the source, from 0. given: its id there, if it has one. language: the code of the language it already asks
    for, or null. questions, truth: by code. slots: name to phrases by code.
    """

    id: str
    number: int
    given: str | None
    text: str
    language: str | None
    part: str | None
    passage: str | None
    questions: dict[str, str]
    truth: dict[str, str]
    slots: dict[str, dict[str, str]] | None


@dataclass(frozen=True)
class Judged:
    """prompts: those that can be asked. rejects: id and mark of the others. size: rows that the source has.

    excluded: how many by category. elsewhere: prompts in languages that params.yaml does not name.
    """

    prompts: list[Prompt]
    rejects: list[dict[str, Any]]
    size: int
    excluded: dict[str, int]
    elsewhere: int


def read(params: Params) -> Judged:
    """Every prompt of the source, or the reason why it cannot be asked; BuildError before anything is written."""
    source = params.source
    raws = tables.read(source, source, "benchmark.source")
    exclusions = reviewed.read(params.exclusions)
    judge = _Judge(source, exclusions)
    codes = _codes(raws, params)
    elsewhere = 0
    for number, raw in enumerate(raws):
        if source.language and not raw.fault and number not in codes:
            elsewhere += 1
        else:
            judge.take(number, raw, codes.get(number))
    reviewed.require_all(exclusions, judge.seen, params.exclusions.path, tables.place(source, source))
    if not judge.prompts:
        raise BuildError(
            f"benchmark.source: none of the {len(raws)} rows of {tables.place(source, source)} can be asked; the first: "
            f"{judge.rejects[0]['reject'] if judge.rejects else 'in another language'}"
        )
    return Judged(judge.prompts, judge.rejects, len(raws), dict(sorted(judge.excluded.items())), elsewhere)


def _codes(raws: list[Raw], params: Params) -> dict[int, str]:
    """Number of a row to the code of the language it asks for, where the source says so and params.yaml names that language."""
    source = params.source
    if not source.language:
        return {}
    wanted = [language(code) for code in params.languages]
    codes = {number: one.code for number, raw in enumerate(raws) for one in wanted if tables.names(raw, source, one)}
    none = [one for one in wanted if one.code not in codes.values()]
    if none:
        have = sorted({str(raw.columns.get(source.language)) for raw in raws if not raw.fault})
        raise BuildError(
            f"benchmark.languages: {tables.place(source, source)} has no prompts that ask for "
            f"{', '.join(one.name for one in none)}; its column {source.language!r} has {', '.join(have)}: name those"
        )
    return codes


class _Judge:
    def __init__(self, source: Source, exclusions: dict[str, Exclusion]) -> None:
        self.source, self.exclusions = source, exclusions
        self.prompts: list[Prompt] = []
        self.rejects: list[dict[str, Any]] = []
        self.excluded: Counter[str] = Counter()
        self.seen: set[str] = set()
        self._first: dict[tuple[str | None, str], str] = {}
        self._names: Counter[str] = Counter()

    def take(self, number: int, raw: Raw, code: str | None) -> None:
        """Puts the row with the prompts or with the rejects."""
        value = raw.columns.get(self.source.instruction)
        text = value if isinstance(value, str) else ""
        words = raw.words or text or json.dumps(raw.columns, ensure_ascii=False, default=str)
        mark = fingerprint(words)
        prompt = self._prompt(number, raw.columns, text, mark, code)
        self.seen.add(mark)
        first = self._first.setdefault((code, mark), prompt.id)
        if raw.fault:
            self._set_aside(prompt, "unreadable", raw.fault, words)
        elif not isinstance(value, str | None):
            self._set_aside(prompt, "unreadable", f"{self.source.instruction!r} is {type(value).__name__}", words)
        elif text != writable(text):
            self._set_aside(prompt, "unreadable", "it holds half of a surrogate pair", words)
        elif not text.strip():
            self._set_aside(prompt, "empty", "", words)
        elif first != prompt.id:
            self._set_aside(prompt, "duplicate", f"of {first}", words)
        elif mark in self.exclusions:
            exclusion = self.exclusions[mark]
            self.excluded[exclusion.reason] += 1
            self._set_aside(prompt, "excluded", f"{exclusion.reason}: {exclusion.why}", words)
        else:
            self.prompts.append(prompt)

    def _prompt(self, number: int, columns: dict[str, Any], text: str, mark: str, code: str | None) -> Prompt:
        source = self.source
        given = _words(columns.get(source.id or ""))
        slots = columns.get(source.slots or "")
        name = f"{_UNSAFE.sub('_', given)[:_LONGEST]}-{mark[:8]}" if given else mark
        self._names[name] += 1
        return Prompt(
            id=name if self._names[name] == 1 else f"{name}.{self._names[name]}",
            number=number,
            given=given,
            text=text,
            language=code,
            part=_words(columns.get(source.part or "")),
            passage=_words(columns.get(source.passage or "")),
            questions=_by_code(columns.get(source.questions or "")),
            truth=_by_code(columns.get(source.truth or "")),
            slots={slot: _by_code(phrases) for slot, phrases in slots.items()} if isinstance(slots, dict) else None,
        )

    def _set_aside(self, prompt: Prompt, reason: str, detail: str, raw: str) -> None:
        self.rejects.append({"id": prompt.id, "reject": reject(reason, detail, raw)})


def _words(value: Any) -> str | None:
    return writable(str(value)) if value not in (None, "") else None


def _by_code(value: Any) -> dict[str, str]:
    """Texts by code, without the empty ones: a table of structs has a field for every code that any row has."""
    return {code: words for code, text in value.items() if (words := _words(text))} if isinstance(value, dict) else {}


def sampled(prompts: list[Prompt], sample: int | None, salt: str) -> list[Prompt]:
    """The prompts with the smallest lots, of each language that prompts ask for, in their order; all where sample is null."""
    if sample is None:
        return prompts
    drawn: dict[str | None, list[tuple[bytes, int]]] = defaultdict(list)
    for prompt in prompts:
        lot = hashlib.sha256(f"{salt}\0{prompt.given or fingerprint(prompt.text)}".encode()).digest()
        drawn[prompt.language].append((lot, prompt.number))
    kept = {number for lots in drawn.values() for _, number in sorted(lots)[:sample]}
    return [prompt for prompt in prompts if prompt.number in kept]

"""From the source's rows to prompts: read, checked, named, sampled, and paired with their texts in other tables."""

import hashlib
import json
import re
from collections import Counter, defaultdict
from dataclasses import dataclass
from typing import Any

from pipelines.benchmark.v1 import exclusions as reviewed
from pipelines.benchmark.v1 import tables
from pipelines.benchmark.v1.exclusions import Exclusion, fingerprint
from pipelines.benchmark.v1.pairing import paired
from pipelines.benchmark.v1.schema import Params, Source
from pipelines.benchmark.v1.tables import Raw
from xlforge.base.errors import BuildError
from xlforge.base.rows import Row, reject, writable
from xlforge.languages.registry import language

_UNSAFE = re.compile(r"[^\w.-]+")
_MAX_NAME = 80


@dataclass(frozen=True)
class Prompts:
    """What the source holds.

    Args:
        kept: the prompts to deliver, as the pipeline takes them. number: the place in the source, from 0. given: the id there, if it has
            one. language: the code of the language that the text already requests, or None. questions, truth: texts by code. requests:
            texts that request a language, by code, or None. slots: name to phrases by code.
        rejects: id and mark of the unusable ones.
        counts: rows of the source, and how many of them were read, kept, not sampled, or in languages that params.yaml does not name.
        excluded: how many were excluded, by category.
    """

    kept: list[Row]
    rejects: list[Row]
    counts: dict[str, int]
    excluded: dict[str, int]


def read(params: Params) -> Prompts:
    """Reads every table that the params name. Raises BuildError if one does not fit."""
    source = params.source
    raws = tables.read(source, source, "benchmark.source")
    codes = _codes(raws, params)
    reader = _Reader(source, reviewed.read(params.exclusions))
    for number, raw in enumerate(raws):
        if not source.language or raw.fault or number in codes:
            reader.add(number, raw, codes.get(number))
    place = tables.place(source, source)
    reviewed.require_all(reader.exclusions, reader.seen, params.exclusions.path, place)
    if not reader.prompts:
        first = reader.rejects[0]["reject"] if reader.rejects else "in another language"
        raise BuildError(f"benchmark.source: none of the {len(raws)} rows of {place} is usable; the first: {first}")
    kept = _sampled(reader.prompts, params.sample, params.salt)
    count = len(reader.prompts) + len(reader.rejects)
    counts = {
        "source": len(raws),
        "read": count,
        "kept": len(kept),
        "not_sampled": len(reader.prompts) - len(kept),
        "other_languages": len(raws) - count,
    }
    return Prompts(paired(kept, params, len(raws)), reader.rejects, counts, dict(sorted(reader.excluded.items())))


def _codes(raws: list[Raw], params: Params) -> dict[int, str]:
    """Number of a row to the code of the language that it requests, where the source has a column for it."""
    source = params.source
    if not source.language:
        return {}
    wanted = [language(code) for code in params.languages]
    codes = {number: one.code for number, raw in enumerate(raws) for one in wanted if tables.names(raw, source, one)}
    if none := [one.name for one in wanted if one.code not in codes.values()]:
        have = sorted({str(raw.columns.get(source.language)) for raw in raws if not raw.fault})
        raise BuildError(
            f"benchmark.languages: {tables.place(source, source)} has no prompts that request {', '.join(none)}; "
            f"its column {source.language!r} has {', '.join(have)}: name those"
        )
    return codes


class _Reader:
    """Sorts the source's rows into prompts and rejects."""

    def __init__(self, source: Source, exclusions: dict[str, Exclusion]) -> None:
        self.source, self.exclusions = source, exclusions
        self.prompts: list[Row] = []
        self.rejects: list[Row] = []
        self.excluded: Counter[str] = Counter()
        self.seen: set[str] = set()
        self._first: dict[tuple[str | None, str], str] = {}
        self._names: Counter[str] = Counter()

    def add(self, number: int, raw: Raw, code: str | None) -> None:
        """Adds a row to the prompts or to the rejects."""
        value = raw.columns.get(self.source.instruction)
        text = value if isinstance(value, str) else ""
        whole = raw.text or text or json.dumps(raw.columns, ensure_ascii=False, default=str)
        mark = fingerprint(whole)
        prompt = self._prompt(number, raw.columns, text, mark, code)
        self.seen.add(mark)
        first = self._first.setdefault((code, mark), prompt["id"])
        fault = raw.fault or self._unreadable(value, text)
        if fault:
            self._reject(prompt, "unreadable", fault, whole)
        elif not text.strip():
            self._reject(prompt, "empty", "", whole)
        elif first != prompt["id"]:
            self._reject(prompt, "duplicate", f"of {first}", whole)
        elif exclusion := self.exclusions.get(mark):
            self.excluded[exclusion.reason] += 1
            self._reject(prompt, "excluded", f"{exclusion.reason}: {exclusion.why}", whole)
        else:
            self.prompts.append(prompt)

    def _unreadable(self, value: Any, text: str) -> str:
        if not isinstance(value, str | None):
            return f"{self.source.instruction!r} is {type(value).__name__}"
        return "" if text == writable(text) else "it holds half of a surrogate pair"

    def _reject(self, prompt: Row, reason: str, detail: str, raw: str) -> None:
        self.rejects.append({"id": prompt["id"], "reject": reject(reason, detail, raw)})

    def _prompt(self, number: int, columns: dict[str, Any], text: str, mark: str, code: str | None) -> Row:
        source = self.source
        given = _text(columns.get(source.id or ""))
        slots = columns.get(source.slots or "")
        name = f"{_UNSAFE.sub('_', given)[:_MAX_NAME]}-{mark[:8]}" if given else mark
        self._names[name] += 1
        return {
            "id": name if self._names[name] == 1 else f"{name}.{self._names[name]}",
            "number": number,
            "given": given,
            "text": text,
            "language": code,
            "part": _text(columns.get(source.part or "")),
            "passage": _text(columns.get(source.passage or "")),
            "questions": _by_code(columns.get(source.questions or "")),
            "truth": _by_code(columns.get(source.truth or "")),
            "slots": {slot: _by_code(phrases) for slot, phrases in slots.items()} if isinstance(slots, dict) else None,
        }


def _text(value: Any) -> str | None:
    return writable(str(value)) if value not in (None, "") else None


def _by_code(value: Any) -> dict[str, str]:
    """Texts by code, without empty ones: a table of structs has a field for every code that any row has."""
    return {code: text for code, each in value.items() if (text := _text(each))} if isinstance(value, dict) else {}


def _sampled(prompts: list[Row], sample: int | None, salt: str) -> list[Row]:
    """The prompts with the smallest hashes, of each language that prompts request, in their order; all where sample is None."""
    if sample is None:
        return prompts
    hashes: dict[str | None, list[tuple[bytes, int]]] = defaultdict(list)
    for prompt in prompts:
        digest = hashlib.sha256(f"{salt}\0{prompt['given'] or fingerprint(prompt['text'])}".encode()).digest()
        hashes[prompt["language"]].append((digest, prompt["number"]))
    kept = {number for ordered in hashes.values() for _, number in sorted(ordered)[:sample]}
    return [prompt for prompt in prompts if prompt["number"] in kept]

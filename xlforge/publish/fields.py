"""The fields of what is published: types from the parquet files, meanings from the pandera models' docstrings."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

import polars as pl

BESIDE = {
    "seed_id": "the passage that question and answer were made from",
    "language": "ISO 639-1 code of the answer's language",
    "prompt[].role": "always user",
    "prompt[].content": "the instruction with the request for the language; in English without one",
    "completion[].role": "always assistant",
    "completion[].content": "the answer, in the language; in config default the first candidate translation",
    "scores.precision": "the judge's grade: is what is said right, 1 to 5",
    "scores.informativeness": "the judge's grade: does it tell what was asked, 1 to 5",
    "scores.naturalness": "the judge's grade: does it read well, 1 to 5",
    "scores.objectivity": "the judge's grade: is it free of opinion, 1 to 5",
    "scores.mean": "of the four grades",
    "qe.quality": "the combined estimate, 0 to 1, higher is better",
    "qe.round_trip": "likeness of the translation's translation back to the English answer, 0 to 1; null where not asked for",
    "qe.likelihood": "the translator's own probability of the translation, 0 to 1; null where not asked for",
    "qe.comet": "a COMET model's estimate; null where not asked for",
    "qe.candidate": "which candidate it is, from 0",
    "qe.fit": "how many candidates passed the checks",
    "provenance": "one entry for every model call behind the row, oldest first",
    "provenance[].stage": "the stage that asked",
    "provenance[].version": "of its pipeline",
    "provenance[].model": "model@revision",
    "provenance[].prompt": "prompt file@fingerprint",
    "reasons": "the judge's reasons, in the order precision, informativeness, naturalness, objectivity",
}
"""Meanings of what the models' docstrings do not tell. Where they do, they are right."""


@dataclass(frozen=True)
class Field:
    """One field: its path (`qe.quality`, `prompt[].role`), its type and its meaning."""

    name: str
    kind: str
    meaning: str


def told(model: Any, names: Collection[str]) -> dict[str, str]:
    """Meanings by column from a model's docstring, whose sentences begin `name: …` or `name, name: …`."""
    text = " ".join((model.__doc__ or "").split())
    known = "|".join(sorted(map(re.escape, names), key=len, reverse=True))
    starts = list(re.finditer(rf"(?:(?<=\. )|^)((?:{known})(?:, (?:{known}))*): ", text))
    found: dict[str, str] = {}
    for number, start in enumerate(starts):
        end = starts[number + 1].start() if number + 1 < len(starts) else len(text)
        for name in start.group(1).split(", "):
            found[name] = text[start.end() : end].strip().rstrip(".")
    return found


def fields(schema: pl.Schema, model: Any) -> list[Field]:
    """Every field of a file, nested ones after their parent; KeyError names one without a meaning."""
    meanings = BESIDE | told(model, [*schema.names(), *model.to_schema().columns])
    flat = [pair for name, kind in schema.items() for pair in _flat(name, kind)]
    return [Field(name, _kind(kind), meanings[name]) for name, kind in flat]


def _flat(name: str, kind: Any) -> list[tuple[str, Any]]:
    if isinstance(kind, pl.List):
        return [(name, kind), *_flat(f"{name}[]", kind.inner)[1:]]
    if isinstance(kind, pl.Struct):
        return [(name, kind), *(pair for field in kind.fields for pair in _flat(f"{name}.{field.name}", field.dtype))]
    return [(name, kind)]


def _kind(kind: Any) -> str:
    if isinstance(kind, pl.List):
        return f"list of {_kind(kind.inner)}"
    return "struct" if isinstance(kind, pl.Struct) else str(kind).lower()

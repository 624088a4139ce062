"""Whether a build may be published, and under what: conf/licences.yaml says it of every source and model, with the reason."""

from __future__ import annotations

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, TypeVar

import yaml
from pydantic import Field, ValidationError

from xlforge.base.errors import BuildError
from xlforge.config.blocks import Block

TABLE = Path("conf/licences.yaml")


class Source(Block):
    """One source of seeds. name: or a pattern; rows: the licences that what is made from it may be published under."""

    name: str
    licence: str
    rows: tuple[str, ...] | Literal["any"]
    reason: str = Field(min_length=1)
    terms: str

    def allows(self, licence: str) -> bool:
        """Whether rows made with it may be published under a licence."""
        return self.rows == "any" or licence in self.rows


class Model(Source):
    """One model. adapters: the licences that an adapter over it may be published under."""

    adapters: tuple[str, ...]


Kind = TypeVar("Kind", bound=Source)


class Licences(Block):
    """The table. dataset: what datasets are published under."""

    dataset: str
    models: tuple[Model, ...]
    sources: tuple[Source, ...]

    def model(self, name: str) -> Model:
        """The entry of a model; BuildError with the remedy where there is none."""
        return _entry(self.models, name, "model", "models")

    def source(self, name: str) -> Source:
        """The entry of a source of seeds; BuildError with the remedy where there is none."""
        return _entry(self.sources, name, "source of seeds", "sources")


def load(path: Path = TABLE) -> Licences:
    """The table, checked; BuildError names what is wrong with it."""
    try:
        return Licences.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except FileNotFoundError:
        raise BuildError(f"{path} is missing: it says what may be published; restore it from git") from None
    except (ValidationError, yaml.YAMLError) as error:
        raise BuildError(f"{path} cannot be used: {error}") from None


def entries_of_rows(table: Licences, sources: Iterable[str], models: Iterable[str]) -> dict[str, Source]:
    """The entries of everything that rows were made from, by name; BuildError where one forbids the dataset's licence."""
    found: dict[str, Source] = {name: table.source(name) for name in sources}
    found |= {name: table.model(name) for name in models}
    wrong = [
        f"{name} ({entry.licence}): {entry.reason}; its rows may be published under "
        f"{' or '.join(entry.rows) if entry.rows else 'no licence'} ({entry.terms})"
        for name, entry in found.items()
        if not entry.allows(table.dataset)
    ]
    if wrong:
        raise BuildError(
            f"the dataset cannot be published under {table.dataset}:\n  "
            + "\n  ".join(wrong)
            + f"\nBuild with another model or "
            f"source, or, where the terms allow it, change `dataset` or the entry in {TABLE} and give your reason there"
        )
    return found


def of_adapter(table: Licences, base: str) -> str:
    """The licence that an adapter over a base is published under; BuildError where there is none."""
    entry = table.model(base)
    if not entry.adapters:
        raise BuildError(
            f"an adapter over {base} ({entry.licence}) cannot be published: {entry.reason} ({entry.terms}). Train another base, or, "
            f"where the terms allow it, name a licence under `adapters` of its entry in {TABLE}"
        )
    return entry.adapters[0]


def _entry(entries: tuple[Kind, ...], name: str, what: str, block: str) -> Kind:
    for entry in entries:
        if fnmatchcase(name, entry.name):
            return entry
    raise BuildError(
        f"nothing is known of the licence of the {what} {name!r}: read its terms, and add an entry under `{block}` in {TABLE} with "
        "its licence, what rows may be published under, and the reason"
    )

"""Whether a build may be published, and under which licence: conf/licences.yaml has an entry for every source and model."""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field

from xlforge.base.errors import BuildError
from xlforge.config.blocks import Block, checked
from xlforge.config.yaml12 import read_yaml

TABLE = Path("conf/licences.yaml")


class Source(Block):
    """One source of seeds or prompts.

    Args:
        name: as params.yaml has it, or a pattern.
        licence: of the source.
        rows: the licences that rows made from it, or its prompts, may be published under.
        reason: why.
        terms: where to read them.
        warning: what the card warns its readers of.
    """

    name: str
    licence: str
    rows: tuple[str, ...] | Literal["any"]
    reason: str = Field(min_length=1)
    terms: str
    warning: str | None = None

    def allows(self, licence: str) -> bool:
        """Whether rows made from it may be published under a licence."""
        return self.rows == "any" or licence in self.rows


class Model(Source):
    """One model. adapters: the licences that an adapter of it may be published under."""

    adapters: tuple[str, ...]


Kind = TypeVar("Kind", bound=Source)


class Licences(Block):
    """The table. dataset: the licence that datasets are published under. sources: of seeds. prompts: the sources of benchmarks."""

    dataset: str
    models: tuple[Model, ...]
    sources: tuple[Source, ...]
    prompts: tuple[Source, ...] = ()

    def model(self, name: str) -> Model:
        """The entry of a model. Raises BuildError where there is none."""
        return _entry(self.models, name, "model", "models")

    def has(self, block: str, name: str) -> bool:
        """Whether there is an entry of a name under `models` or `sources`."""
        entries: tuple[Source, ...] = getattr(self, block)
        return any(fnmatchcase(name, entry.name) for entry in entries)

    def of_rows(self, sources: Iterable[str], models: Iterable[str]) -> dict[str, Source]:
        """The entries of everything that rows were made from, by name. Raises BuildError where one forbids the dataset's licence."""
        found: dict[str, Source] = {name: _entry(self.sources, name, "source of seeds", "sources") for name in sources}
        found |= {name: self.model(name) for name in models}
        wrong = {name: entry for name, entry in found.items() if not entry.allows(self.dataset)}
        if wrong:
            raise BuildError(
                f"the dataset cannot be published under {self.dataset}:{_listed(wrong, 'its rows')}\nBuild with another model or "
                f"source, or, where the terms allow it, change `dataset` or the entry in {TABLE} and give your reason there"
            )
        return found

    def of_prompts(self, names: Iterable[str]) -> tuple[str, dict[str, Source]]:
        """The licence that a benchmark is published under, and the entries of its sources. Raises BuildError where none fits all."""
        found = {name: _entry(self.prompts, name, "source of prompts", "prompts") for name in names}
        allowed = next((entry.rows for entry in found.values() if entry.rows != "any"), (self.dataset,))
        for licence in allowed:
            if all(entry.allows(licence) for entry in found.values()):
                return licence, found
        limited = {name: entry for name, entry in found.items() if entry.rows != "any"}
        raise BuildError(
            f"the benchmark cannot be published, since no licence fits all its sources:{_listed(limited, 'its prompts')}\nBuild it from "
            f"other sources, or, where the terms allow it, change the entry under `prompts` in {TABLE} and give your reason there"
        )

    def of_adapter(self, base: str) -> str:
        """The licence that an adapter of a base is published under. Raises BuildError where there is none."""
        entry = self.model(base)
        if not entry.adapters:
            raise BuildError(
                f"an adapter of {base} ({entry.licence}) cannot be published: {entry.reason} ({entry.terms}). Train another base, "
                f"or, where the terms allow it, name a licence under `adapters` of its entry in {TABLE}"
            )
        return entry.adapters[0]


def load(path: Path = TABLE) -> Licences:
    """The checked table. Raises BuildError."""
    found, faults = checked(Licences, read_yaml(path), "")
    if faults:
        raise BuildError(f"{path} is not valid:\n  " + "\n  ".join(faults))
    assert isinstance(found, Licences)
    return found


def _listed(entries: dict[str, Source], what: str) -> str:
    """A line for each entry: why it limits the licence of what is made from it."""
    return "".join(
        f"\n  {name} ({entry.licence}): {entry.reason}; {what} may be published under "
        f"{' or '.join(entry.rows) or 'no licence'} ({entry.terms})"
        for name, entry in entries.items()
    )


def _entry(entries: tuple[Kind, ...], name: str, what: str, block: str) -> Kind:
    for entry in entries:
        if fnmatchcase(name, entry.name):
            return entry
    raise BuildError(
        f"{TABLE} has no licence of the {what} {name!r}: read its terms, and add an entry under `{block}` with its licence, what "
        "rows may be published under, and the reason"
    )

"""A dataset repository: the splits of its configs, its card's YAML, and the fields; a split is checked against the schema that made it."""

import hashlib
import importlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any

import polars as pl

from xlforge.base.errors import BuildError
from xlforge.base.frames import valid
from xlforge.config.params import Config
from xlforge.languages.registry import LANGUAGES
from xlforge.publish import secrets
from xlforge.publish.build import DATA
from xlforge.publish.hub import Publication, read

SIZES = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"), (10**7, "1M<n<10M"))


@dataclass(frozen=True)
class Split:
    """One split of one config: its rows, and the parquet file that has them, as bytes or a local file."""

    config: str
    name: str
    rows: pl.DataFrame
    content: bytes | Path

    @property
    def place(self) -> str:
        """Its path in the repository."""
        return f"{self.config}/{self.name}.parquet"

    @property
    def digest(self) -> str:
        """The SHA-256 of its file."""
        return hashlib.sha256(read(self.content)).hexdigest()

    def texts(self) -> list[tuple[str, str]]:
        """(place, text) of each value in the rows; the strings of a nested value are one text."""
        cells = ((row["id"], *cell) for row in self.rows.iter_rows(named=True) for cell in row.items())
        return [
            (f"{self.place}, row {name}, {column}", "\n".join(secrets.strings(value))) for name, column, value in cells
        ]


def assembled(repo: str, found: list[Split], pages: Mapping[str, str], every: Iterable[str]) -> Publication:
    """The publication of the splits with their pages. Raises BuildError where a row or a page holds a secret.

    Args:
        repo: its name on the Hub.
        found: the splits.
        pages: the other files by name; README.md is the card.
        every: the configs that such a publication can have; their former splits are removed.
    """
    texts = chain.from_iterable(split.texts() for split in found)
    named = [("the card" if name == "README.md" else name, page) for name, page in pages.items()]
    secrets.refuse([*texts, *named], secrets.known_here())
    files = {split.place: split.content for split in found} | {name: page.encode() for name, page in pages.items()}
    return Publication("dataset", repo, files, tuple(f"{name}/*" for name in every))


def head(found: list[Split], contents: Mapping[str, str], **data: Any) -> str:
    """The card's YAML, as the Hub reads it. `load_dataset` caches a folder's config by its description, so that has a digest of the files.

    Args:
        found: the splits.
        contents: what each config has.
        data: more keys.
    """
    from huggingface_hub import DatasetCardData

    parts = {name: [split for split in found if split.config == name] for name in contents}
    marks = {name: hashlib.sha256(b"".join(read(split.content) for split in each)) for name, each in parts.items()}
    total = sum(len(split.rows) for split in found)
    card = DatasetCardData(
        **data,
        multilinguality="multilingual",
        size_categories=next((name for limit, name in SIZES if total < limit), "n>10M"),
        task_categories=["text-generation"],
        configs=[
            {
                "config_name": name,
                "description": f"{contents[name]} ({marks[name].hexdigest()[:16]})",
                "data_files": [{"split": split.name, "path": split.place} for split in each],
            }
            for name, each in parts.items()
            if each
        ],
    )
    return f"---\n{card.to_yaml(line_break=chr(10))}\n---\n\n"


def module(config: Config) -> Any:
    """The module of the dataset's version that describes its configs."""
    return importlib.import_module(f"pipelines.dataset.{config.block('dataset').version}.configs")


def splits(config: Config, only: str | None = None) -> list[Split]:
    """Every split of the dataset's configs, or of one config. Raises BuildError where a file is missing or breaks the schema."""
    from huggingface_hub import DatasetCard

    card = DatasetCard((DATA / "dataset" / "README.md").read_text(encoding="utf-8"))
    found = []
    for name, files in ((each["config_name"], each["data_files"]) for each in card.data["configs"]):
        for entry in files if only in (None, name) else ():
            path = DATA / "dataset" / entry["path"]
            if not path.exists():
                raise BuildError(f"{path} is missing: `dvc checkout` or `dvc repro dataset` restores it")
            found.append(Split(name, entry["split"], pl.read_parquet(path), path))
            _check(found[-1], model(config, name), module(config).INTERNAL)
    return found


def model(config: Config, name: str) -> Any:
    """The pandera model of a config's rows: that of the stage's rows, unless its version has another one."""
    return getattr(module(config), "SCHEMAS", {}).get(name, config.schema("dataset").Rows)


def _check(split: Split, model: Any, internal: tuple[str, ...]) -> None:
    """A config may lack internal columns and add others; the rest must follow the schema."""
    path = DATA / "dataset" / split.place
    wanted = {name: column.dtype.type for name, column in model.to_schema().columns.items()}
    if missing := [name for name in wanted if name not in (*split.rows.columns, *internal)]:
        raise BuildError(f"{path} has no column {', '.join(missing)}, which {model.__name__} has")
    nulls = [pl.lit(None, wanted[name]).alias(name) for name in internal if name in wanted]
    valid(split.rows.with_columns(nulls).select(list(wanted)), model, str(path))
    own = {code for code, language in LANGUAGES.items() if language.split == split.name}
    if strange := sorted(set(split.rows["language"]) - own):
        codes = ", ".join(map(repr, strange))
        raise BuildError(f"{path} is split {split.name}, and holds rows in language {codes}")


def chosen(rows: pl.DataFrame) -> dict[str, Any] | None:
    """An example: the row whose id has the smallest hash, the same one in equal builds. None of no rows."""
    if rows.is_empty():
        return None
    return min(rows.iter_rows(named=True), key=lambda row: hashlib.sha256(str(row["id"]).encode()).digest())


@dataclass(frozen=True)
class Field:
    """name: its path, such as `qe.quality` or `prompt[].role`."""

    name: str
    type: str
    description: str


def fields(schema: pl.Schema, model: Any, added: Mapping[str, str]) -> list[Field]:
    """Every field of a file, nested fields after their parent.

    Args:
        schema: of the file.
        model: the pandera model; metadata of a column describes its nested fields.
        added: descriptions of columns that the model does not have.

    Raises:
        KeyError: a field has no description.
    """
    descriptions = dict(added)
    for name, column in model.to_schema().columns.items():
        nested = f"{name}[]." if isinstance(column.dtype.type, pl.List) else f"{name}."
        descriptions |= {name: column.description} if column.description else {}
        descriptions |= {nested + inner: meaning for inner, meaning in (column.metadata or {}).items()}
    flat = (field for column, kind in schema.items() for field in _flat(column, kind))
    return [Field(name, named(kind), descriptions[name]) for name, kind in flat]


def _flat(name: str, kind: Any) -> Iterator[tuple[str, Any]]:
    yield name, kind
    if isinstance(kind, pl.List):
        name, kind = f"{name}[]", kind.inner
    for field in kind.fields if isinstance(kind, pl.Struct) else ():
        yield from _flat(f"{name}.{field.name}", field.dtype)


def named(kind: Any) -> str:
    """A polars type, as the card calls it."""
    if isinstance(kind, pl.List):
        return f"list of {named(kind.inner)}"
    return "struct" if isinstance(kind, pl.Struct) else str(kind).lower()

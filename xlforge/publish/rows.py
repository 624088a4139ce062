"""What is published of a dataset: the files of its configs, checked against the schema that made them, and the fields in them."""

import hashlib
import importlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from xlforge.base.errors import BuildError
from xlforge.base.frames import valid
from xlforge.config.params import Config
from xlforge.languages.registry import LANGUAGES
from xlforge.publish.build import DATA
from xlforge.publish.secrets import strings


@dataclass(frozen=True)
class Split:
    """One split of one config: its file and its rows."""

    config: str
    name: str
    path: Path
    rows: pl.DataFrame

    @property
    def place(self) -> str:
        """Its path in the repository."""
        return f"{self.config}/{self.path.name}"

    def texts(self) -> list[tuple[str, str]]:
        """(place, text) of each value in the rows; the strings of a nested value are one text."""
        cells = ((row["id"], *cell) for row in self.rows.iter_rows(named=True) for cell in row.items())
        return [(f"{self.place}, row {name}, {column}", "\n".join(strings(value))) for name, column, value in cells]


def configs() -> list[dict[str, Any]]:
    """The configs of data/dataset, from the YAML of its README."""
    from huggingface_hub import DatasetCard

    card = DatasetCard((DATA / "dataset" / "README.md").read_text(encoding="utf-8"))
    return [{key: config[key] for key in ("config_name", "data_files")} for config in card.data["configs"]]


def module(config: Config) -> Any:
    """The module of the dataset's version that describes its configs."""
    return importlib.import_module(f"pipelines.dataset.{config.block('dataset').version}.configs")


def splits(config: Config, only: str | None = None) -> list[Split]:
    """Every split of the dataset's configs, or of one config. Raises BuildError where a file is missing or breaks the schema."""
    found = []
    for name, files in ((each["config_name"], each["data_files"]) for each in configs()):
        for entry in files if only in (None, name) else ():
            path = DATA / "dataset" / entry["path"]
            if not path.exists():
                raise BuildError(f"{path} is missing: `dvc checkout` or `dvc repro dataset` restores it")
            found.append(Split(name, entry["split"], path, pl.read_parquet(path)))
            _check(found[-1], config.schema("dataset").Rows, module(config).INTERNAL)
    return found


def _check(split: Split, model: Any, internal: tuple[str, ...]) -> None:
    """A config may lack internal columns and add others; the rest must follow the schema."""
    wanted = {name: column.dtype.type for name, column in model.to_schema().columns.items()}
    if missing := [name for name in wanted if name not in (*split.rows.columns, *internal)]:
        raise BuildError(f"{split.path} has no column {', '.join(missing)}, which {model.__name__} has")
    nulls = [pl.lit(None, wanted[name]).alias(name) for name in internal]
    valid(split.rows.with_columns(nulls).select(list(wanted)), model, str(split.path))
    own = {code for code, language in LANGUAGES.items() if language.split == split.name}
    if strange := sorted(set(split.rows["language"]) - own):
        codes = ", ".join(map(repr, strange))
        raise BuildError(f"{split.path} is split {split.name}, and holds rows in language {codes}")


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
    return [Field(name, _named(kind), descriptions[name]) for name, kind in flat]


def _flat(name: str, kind: Any) -> Iterator[tuple[str, Any]]:
    yield name, kind
    if isinstance(kind, pl.List):
        name, kind = f"{name}[]", kind.inner
    for field in kind.fields if isinstance(kind, pl.Struct) else ():
        yield from _flat(f"{name}.{field.name}", field.dtype)


def _named(kind: Any) -> str:
    if isinstance(kind, pl.List):
        return f"list of {_named(kind.inner)}"
    return "struct" if isinstance(kind, pl.Struct) else str(kind).lower()

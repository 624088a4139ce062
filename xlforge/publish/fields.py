"""The fields of what is published: types from the parquet files, descriptions from the schema of the dataset's version."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl


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
    return [
        Field(name, _named(kind), descriptions[name])
        for column, dtype in schema.items()
        for name, kind in _flat(column, dtype)
    ]


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

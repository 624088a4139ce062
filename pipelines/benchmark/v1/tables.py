"""Reads a table of prompts: a local JSON, JSONL or parquet file, or a dataset of the Hugging Face hub. Few rows: read whole.

A table that cannot be read is an error before anything is written; a row that cannot be read stays in its place, with its fault.
"""

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.benchmark.v1.schema import Source, Table
from xlforge.base.errors import BuildError
from xlforge.languages.registry import Language

_BUILDERS = {".json": "json", ".jsonl": "json", ".parquet": "parquet"}
_COLUMNS = ("instruction", "id", "language", "part", "questions", "passage", "truth", "slots")
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True)
class Raw:
    """A row as the table has it; or what is wrong with it, and its text."""

    columns: dict[str, Any] = field(default_factory=dict)
    fault: str = ""
    text: str = ""


def read(table: Table, source: Source, key: str, language: Language | None = None) -> list[Raw]:
    """The rows in their order; with a language, only those for it, maybe none.

    Args:
        table: which to read.
        source: its path is that of every local table.
        key: the table's place in params.yaml, for messages.
        language: for a table with a language in its name or in a column.

    Raises:
        BuildError: the table cannot be read, has no rows or lacks a column.
    """
    filled = _filled(table, language)
    name = place(filled, source)
    raws = _hub(filled, key, name) if table.kind == "hub" else _local(filled, source, key)
    if not raws:
        raise BuildError(f"{key}: {name} holds no rows: name a table with prompts in it")
    have = sorted({column for raw in raws for column in raw.columns})
    if not have:
        raise BuildError(f"{key}: no row of {name} is a prompt; the first: {raws[0].fault}")
    for role in _COLUMNS:
        column = getattr(table, role, None)
        if column is not None and column not in have:
            remedy = "name one of them" + ("" if role == "instruction" else ", or null")
            raise BuildError(f"{key}.{role}: {name} has no column {column!r}; it has {', '.join(have)}: {remedy}")
    return [raw for raw in raws if names(raw, table, language)] if language and table.language else raws


def names(raw: Raw, table: Table, language: Language) -> bool:
    """Whether the row's column `language` names this language, by its code or its English name."""
    return str(raw.columns.get(table.language or "")).strip().lower() in (language.code, language.split)


def place(table: Table, source: Source) -> str:
    """What messages call the table: a path, or dataset:config:split."""
    if table.kind == "local":
        return str(_path(table, source))
    return ":".join(part for part in (table.name, table.config, table.file or table.split) if part)


def _filled(table: Table, language: Language | None) -> Table:
    """The table with the language in place of {language} and {code}."""
    if language is None:
        return table
    given = {name: text for name in ("file", "config", "split") if (text := getattr(table, name))}
    filled = {name: text.replace("{language}", language.split) for name, text in given.items()}
    return table.model_copy(update={name: text.replace("{code}", language.code) for name, text in filled.items()})


def _path(table: Table, source: Source) -> Path:
    return Path(source.path or "", table.file or "")


def _local(table: Table, source: Source, key: str) -> list[Raw]:
    path = _path(table, source)
    if path.suffix not in _BUILDERS or not path.is_file():
        raise BuildError(
            f"{key}: {path} does not exist, or is not a {', '.join(_BUILDERS)} file: benchmark.source.path is such a file, "
            f"or a folder with {key}.file in it"
        )
    try:
        if path.suffix == ".parquet":
            return [Raw(row) for row in pl.read_parquet(path).to_dicts()]
        data = path.read_bytes().removeprefix(_BOM).strip()
        # JSON lines are often found under the other name.
        if path.suffix == ".json" and data.startswith(b"["):
            return [_object(row, json.dumps(row, ensure_ascii=False)) for row in json.loads(data)]
        return [_line(line) for line in data.split(b"\n") if line.strip()]
    except (OSError, ValueError, RecursionError, pl.exceptions.PolarsError) as error:
        raise BuildError(f"{key}: {path} cannot be read: {error}"[:500]) from error


def _line(line: bytes) -> Raw:
    text = line.decode("utf-8", "backslashreplace").strip()
    try:
        return _object(json.loads(line), text)
    except (ValueError, RecursionError) as error:
        return Raw(fault=f"not valid JSON: {error}"[:200], text=text)


def _object(row: Any, text: str) -> Raw:
    return Raw(row) if isinstance(row, dict) else Raw(fault=f"{type(row).__name__}, not an object", text=text)


def _hub(table: Table, key: str, label: str) -> list[Raw]:
    import datasets  # slow to import, and only this kind needs it

    name = table.name or ""
    is_folder = Path(name).is_dir()
    if not is_folder and not table.revision:
        raise BuildError(f"{key}.revision: {name} can change, and a build must be repeatable: give a commit of it")
    try:
        if table.file:
            root = name if is_folder else f"hf://datasets/{name}@{table.revision}"
            builder = _BUILDERS[Path(table.file).suffix]
            loaded = datasets.load_dataset(builder, data_files=f"{root}/{table.file}", split="train")
        else:
            loaded = datasets.load_dataset(name, table.config, split=table.split, revision=table.revision)
        return [Raw(dict(row)) for row in loaded]
    except Exception as error:  # datasets and the hub's client raise dozens of kinds
        raise BuildError(
            f"{key}: the dataset {label} cannot be read: {type(error).__name__}: {error}. Check name, config, split, file "
            "and revision, and the connection to the hub (HF_HUB_OFFLINE, HF_TOKEN, a proxy)"
        ) from error

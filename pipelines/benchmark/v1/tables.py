"""Reading a table of prompts: a local JSON, JSONL or parquet file, or a dataset of the Hugging Face hub. Few rows: read whole.

A table that cannot be read is an error before anything is written; a row that cannot keeps its place, with its fault.
"""

from __future__ import annotations

import json
from collections.abc import Callable
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
    """A row as the table has it; or what is wrong with it, and its words."""

    columns: dict[str, Any] = field(default_factory=dict)
    fault: str = ""
    words: str = ""


def read(table: Table, source: Source, key: str, language: Language | None = None) -> list[Raw]:
    """The rows in their order; with a language, those for it alone (of which there may be none).

    key: the table's place in params.yaml, for messages. BuildError if it cannot be read, has no rows or lacks a column.
    """
    where = _filled(table, language)
    told = place(where, source)
    raws = _hub(where, key, told) if table.kind == "hub" else _local(where, source, key)
    if not raws:
        raise BuildError(f"{key}: {told} holds no rows: name a table with prompts in it")
    have = sorted({column for raw in raws for column in raw.columns})
    if not have:
        raise BuildError(f"{key}: no row of {told} is a prompt; the first: {raws[0].fault}")
    for name in _COLUMNS:
        column = getattr(table, name, None)
        if column is not None and column not in have:
            remedy = "name one of them" + ("" if name == "instruction" else ", or null")
            raise BuildError(f"{key}.{name}: {told} has no column {column!r}; it has {', '.join(have)}: {remedy}")
    return [raw for raw in raws if names(raw, table, language)] if language and table.language else raws


def names(raw: Raw, table: Table, language: Language) -> bool:
    """Whether the row's column `language` names this language, by its code or its English name."""
    return str(raw.columns.get(table.language or "")).strip().lower() in (language.code, language.split)


def place(table: Table, source: Source) -> str:
    """The table in words: a path, or dataset:config:split."""
    if table.kind == "local":
        return str(_path(table, source))
    return ":".join(part for part in (table.name, table.config, table.file or table.split) if part)


def _filled(table: Table, language: Language | None) -> Table:
    if language is None:
        return table
    told = {name: getattr(table, name) for name in ("file", "config", "split")}
    return table.model_copy(
        update={
            name: text.replace("{language}", language.split).replace("{code}", language.code)
            for name, text in told.items()
            if text
        }
    )


def _path(table: Table, source: Source) -> Path:
    return Path(source.path or "", table.file or "")


def _local(table: Table, source: Source, key: str) -> list[Raw]:
    path = _path(table, source)
    if path.suffix not in _READERS or not path.is_file():
        raise BuildError(
            f"{key}: {path} is not there, or no {', '.join(_READERS)} file: benchmark.source.path is such a file, or a "
            f"folder with {key}.file in it"
        )
    try:
        return _READERS[path.suffix](path)
    except (OSError, ValueError, RecursionError, pl.exceptions.PolarsError) as error:
        raise BuildError(f"{key}: {path} cannot be read: {error}"[:500]) from error


def _json(path: Path) -> list[Raw]:
    """A list of objects; or JSON lines under the other name, as they are often found."""
    data = path.read_bytes().removeprefix(_BOM).strip()
    if not data.startswith(b"["):
        return _lines(data)
    return [_object(row, json.dumps(row, ensure_ascii=False)) for row in json.loads(data)]


def _jsonl(path: Path) -> list[Raw]:
    return _lines(path.read_bytes().removeprefix(_BOM))


def _lines(data: bytes) -> list[Raw]:
    return [_line(line) for line in data.split(b"\n") if line.strip()]


def _line(line: bytes) -> Raw:
    words = line.decode("utf-8", "backslashreplace").strip()
    try:
        return _object(json.loads(line), words)
    except (ValueError, RecursionError) as error:
        return Raw(fault=f"no JSON: {error}"[:200], words=words)


def _object(row: Any, words: str) -> Raw:
    return Raw(row) if isinstance(row, dict) else Raw(fault=f"{type(row).__name__}, not an object", words=words)


def _parquet(path: Path) -> list[Raw]:
    return [Raw(row) for row in pl.read_parquet(path).to_dicts()]


_READERS: dict[str, Callable[[Path], list[Raw]]] = {".json": _json, ".jsonl": _jsonl, ".parquet": _parquet}


def _hub(table: Table, key: str, told: str) -> list[Raw]:
    import datasets  # slow to import, and only this kind needs it

    name = table.name or ""
    here = Path(name).is_dir()
    if not here and not table.revision:
        raise BuildError(
            f"{key}.revision: {name} may change, and a build must read the same again: give a commit of it"
        )
    try:
        if table.file:
            root = name if here else f"hf://datasets/{name}@{table.revision}"
            builder = _BUILDERS[Path(table.file).suffix]
            loaded = datasets.load_dataset(builder, data_files=f"{root}/{table.file}", split="train")
        else:
            loaded = datasets.load_dataset(name, table.config, split=table.split, revision=table.revision)
        return [Raw(dict(row)) for row in loaded]
    except Exception as error:  # datasets and the hub's client raise dozens of kinds
        raise BuildError(
            f"{key}: the dataset {told} cannot be read: {type(error).__name__}: {error}. Check name, config, split, file "
            "and revision, and the way to the hub (HF_HUB_OFFLINE, HF_TOKEN, a proxy)"
        ) from error

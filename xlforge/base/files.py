"""Files that are written whole or not at all, the same bytes for the same content."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    import polars as pl


def write_parquet(data: "pl.DataFrame", path: Path) -> None:
    """One file, whole or not at all; equal frames give equal bytes."""
    part = _part(path)
    data.write_parquet(part, compression="zstd", compression_level=3, statistics=True, row_group_size=100_000)
    part.replace(path)


def write_json(data: Any, path: Path) -> None:
    """Sorted, indented JSON with a last newline, as git likes it."""
    write_text(orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_SORT_KEYS).decode() + "\n", path)


def write_text(text: str, path: Path) -> None:
    """One file, whole or not at all."""
    part = _part(path)
    part.write_text(text, encoding="utf-8")
    part.replace(path)


@contextmanager
def replaced(folder: Path) -> Iterator[Path]:
    """A new folder that replaces `folder` at the end; after an error the old one stays."""
    part = _part(folder)
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir()
    yield part
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)


def _part(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    return path.with_name(f".{path.name}.part")

"""Rows of a JSON list, of JSON lines or of CSV; an error names the number of the row."""

import csv
import io
import json
from pathlib import Path
from typing import Any

from xlforge.base.errors import BuildError


def read(path: Path, keys: tuple[str, ...], *layouts: tuple[str, ...]) -> list[dict[str, Any]]:
    """The rows of a file: a JSON list of objects, one object a line, or, in a file named *.csv, CSV with a head, whose values are text.

    Each row has all of the keys, or all of those of another of the `layouts`: the first row decides.

    Raises:
        BuildError: the file is empty, not UTF-8 or not valid, or a row is not an object or lacks a key.
    """
    try:
        text = path.read_text("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise BuildError(f"{path} is not UTF-8 ({error.reason} at byte {error.start}): save it as UTF-8") from error
    rows = _table(text, path) if path.suffix.lower() == ".csv" else _values(text, path)
    if not rows:
        raise BuildError(f"{path} has no rows: write a JSON list of objects, one object a line, or CSV named *.csv")
    if isinstance(rows[0], dict):
        keys = next((each for each in (keys, *layouts) if rows[0].keys() >= {*each}), keys)
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise BuildError(f"{path}, row {number} is {_short(row)}, and must be an object with {', '.join(keys)}")
        if missing := [key for key in keys if key not in row]:
            remedy = f"every row needs {', '.join(keys)}; this one has {', '.join(map(str, row)) or 'nothing'}"
            raise BuildError(f"{path}, row {number} has no {', '.join(missing)}: {remedy}")
    return rows


def fault(path: Path, number: int, key: str, value: object, rule: str) -> BuildError:
    """The error for a value that breaks a rule."""
    return BuildError(f"{path}, row {number}: {key} is {_short(value)}, and must be {rule}")


def _table(text: str, path: Path) -> list[Any]:
    """A field that a short row lacks is null."""
    csv.field_size_limit(max(len(text), csv.field_size_limit()))
    try:
        return list(csv.DictReader(io.StringIO(text, newline=""), strict=True))
    except csv.Error as error:
        raise BuildError(f"{path} is not valid CSV ({error}): was it cut off?") from error


def _values(text: str, path: Path) -> list[Any]:
    try:
        whole = json.loads(text)
        return whole if isinstance(whole, list) else [whole]
    except (ValueError, RecursionError) as error:
        if text.startswith("["):
            raise BuildError(f"{path} is not valid JSON ({error}): was it cut off?") from error
    rows = []
    # Not splitlines: JSON strings may contain U+2028 and similar characters.
    for number, line in enumerate(text.split("\n"), 1):
        try:
            rows += [json.loads(line)] if line.strip() else []
        except (ValueError, RecursionError) as error:
            wanted = "the file must be a JSON list of objects, or one object a line"
            raise BuildError(f"{path}, line {number} is not valid JSON ({error}): {wanted}") from error
    return rows


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."

"""Rows of a JSON list or of JSON lines, each told by its number where something is wrong with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from xlforge.base.errors import BuildError


def read(path: Path, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """The rows of a file, a JSON list of objects or one object a line; each has all of the keys.

    Raises BuildError for a file that is empty, no UTF-8 or no JSON, and for a row that is no object or lacks a key.
    """
    try:
        text = path.read_text("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise BuildError(f"{path} is not UTF-8 ({error.reason} at byte {error.start}): save it as UTF-8") from error
    rows = _list(text, path) if text.startswith("[") else _lines(text, path)
    if not rows:
        raise BuildError(f"{path} holds no rows: it must be a JSON list of objects, or one object a line")
    for number, row in enumerate(rows, 1):
        if not isinstance(row, dict):
            raise BuildError(f"{path}, row {number} is {_short(row)}, and must be an object with {', '.join(keys)}")
        if missing := [key for key in keys if key not in row]:
            raise BuildError(
                f"{path}, row {number} has no {', '.join(missing)}: every row needs {', '.join(keys)}; "
                f"this one has {', '.join(map(str, row)) or 'nothing'}"
            )
    return rows


def fault(path: Path, number: int, key: str, value: object, rule: str) -> BuildError:
    """The error for a value that breaks a rule: where it stands, what it is, what it must be."""
    return BuildError(f"{path}, row {number}: {key} is {_short(value)}, and must be {rule}")


def _list(text: str, path: Path) -> list[Any]:
    try:
        rows: list[Any] = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BuildError(f"{path} is no JSON ({error}): was it cut off?") from error
    return rows


def _lines(text: str, path: Path) -> list[Any]:
    try:
        return [json.loads(text)]
    except (ValueError, RecursionError):
        pass
    rows = []
    # Not splitlines: JSON strings may hold U+2028 and its like as they are.
    for number, line in enumerate(text.split("\n"), 1):
        if line.strip():
            try:
                rows.append(json.loads(line))
            except (ValueError, RecursionError) as error:
                raise BuildError(
                    f"{path}, line {number} is no JSON ({error}): the file must be a JSON list of objects, or one object a line"
                ) from error
    return rows


def _short(value: object) -> str:
    told = repr(value)
    return told if len(told) <= 60 else f"{told[:57]}..."

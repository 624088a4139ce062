"""Rows of a JSON list or of JSON lines; an error names the number of the row."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from xlforge.base.errors import BuildError


def read(path: Path, keys: tuple[str, ...]) -> list[dict[str, Any]]:
    """The rows of a file: a JSON list of objects, or one object a line. Each row has all of the keys.

    Raises:
        BuildError: the file is empty, not UTF-8 or not valid JSON, or a row is not an object or lacks a key.
    """
    try:
        text = path.read_text("utf-8-sig").strip()
    except UnicodeDecodeError as error:
        raise BuildError(f"{path} is not UTF-8 ({error.reason} at byte {error.start}): save it as UTF-8") from error
    rows = _values(text, path)
    if not rows:
        raise BuildError(f"{path} has no rows: it must be a JSON list of objects, or one object a line")
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
    """The error for a value that breaks a rule."""
    return BuildError(f"{path}, row {number}: {key} is {_short(value)}, and must be {rule}")


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
            raise BuildError(
                f"{path}, line {number} is not valid JSON ({error}): the file must be a JSON list of objects, or one object a line"
            ) from error
    return rows


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."

"""A YAML block of a page, edited into params.yaml as a reader would: `python -m tests.docs.editing < BLOCK`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import orjson
import yaml


def edit(path: Path, text: str) -> None:
    """The keys that the block names, set in the file; what it does not name stays."""
    told = _merged(yaml.safe_load(path.read_text(encoding="utf-8")), yaml.safe_load(text))
    # Through JSON, so that what one anchor named is written out for each.
    path.write_text(
        yaml.safe_dump(orjson.loads(orjson.dumps(told)), sort_keys=False, allow_unicode=True), encoding="utf-8"
    )


def _merged(old: Any, new: Any) -> Any:
    if not (isinstance(old, dict) and isinstance(new, dict)):
        return new
    return old | {key: _merged(old.get(key), value) for key, value in new.items()}


if __name__ == "__main__":
    edit(Path("params.yaml"), sys.stdin.read())

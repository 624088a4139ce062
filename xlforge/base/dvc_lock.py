"""dvc.lock: what DVC says each stage was built from, and what it delivered."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import yaml

LOCK = "dvc.lock"
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def lock(text: str | None = None) -> dict[str, Any]:
    """dvc.lock, of the working tree or as given; empty where there is none."""
    if text is None:
        path = Path(LOCK)
        text = path.read_text(encoding="utf-8") if path.exists() else ""
    found: dict[str, Any] = yaml.load(text, Loader=_LOADER) or {}
    return found


def outs(locked: dict[str, Any], stage: str) -> dict[str, str]:
    """Paths and MD5 of a stage's outs."""
    found = locked.get("stages", {}).get(stage, {}).get("outs", [])
    return {out["path"]: out["md5"] for out in found if "md5" in out}


def md5(path: Path) -> str:
    """Of a file's bytes, as dvc has it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()

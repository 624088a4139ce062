"""Which commit built what lies here: the first one since which dvc.lock names the same files."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

LOCK = "dvc.lock"
_LARGE = 64 << 20
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True)
class Built:
    """commit: 40 digits, None where no commit has it; date: `2026-11-23`; subject: of its message. note: why there is none."""

    commit: str | None
    date: str | None = None
    subject: str | None = None
    note: str | None = None


def lock(text: str | None = None) -> dict[str, Any]:
    """dvc.lock, of the working tree or as given; empty where there is none."""
    if text is None:
        path = Path(LOCK)
        text = path.read_text(encoding="utf-8") if path.exists() else ""
    found: dict[str, Any] = yaml.load(text, Loader=_LOADER) or {}
    return found


def made(locked: dict[str, Any], stage: str) -> dict[str, str]:
    """Paths and MD5 of a stage's outs."""
    outs = locked.get("stages", {}).get(stage, {}).get("outs", [])
    return {out["path"]: out["md5"] for out in outs if "md5" in out}


def built(stages: Collection[str]) -> dict[str, Built]:
    """The commit that built what each stage left, by the stage's name as dvc has it.

    The history is read backwards for as long as a stage's outs are the same; a build that nobody committed has none.
    """
    here = lock()
    now = {stage: made(here, stage) for stage in stages}
    found = {stage: Built(None, note="not committed yet") for stage in stages}
    sought = {stage for stage in stages if now[stage]}
    for commit, date, subject in _history():
        then = lock(_git("show", f"{commit}:{LOCK}") or "")
        sought = {stage for stage in sought if made(then, stage) == now[stage]}
        found |= {stage: Built(commit, date, subject) for stage in sought}
        if not sought:
            break
    if sought and (_git("rev-parse", "--is-shallow-repository") or "").strip() == "true":
        found |= {stage: Built(None, note="built before the history that this shallow clone has") for stage in sought}
    return {stage: _checked(stage, now[stage], told) for stage, told in found.items()}


def _checked(stage: str, outs: dict[str, str], told: Built) -> Built:
    if not outs:
        return Built(None, note=f"{LOCK} does not name it: its stage has not run to its end")
    other = [path for path, digest in outs.items() if path.endswith(".parquet") and _another(Path(path), digest)]
    if other:
        return Built(
            None,
            note=f"{', '.join(other)} is not the file that {LOCK} names: the stage is running, or it was changed by hand",
        )
    return told


def _another(path: Path, digest: str) -> bool:
    """Whether another file lies there than dvc.lock names; of a large one it is taken on trust."""
    return path.exists() and path.stat().st_size < _LARGE and md5(path) != digest


def md5(path: Path) -> str:
    """Of a file's bytes, as dvc has it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


def _history() -> list[tuple[str, str, str]]:
    told = _git("log", "--format=%H%x00%cs%x00%s", "--", LOCK) or ""
    return [(parts[0], parts[1], parts[2]) for line in told.splitlines() if len(parts := line.split("\0")) == 3]


def _git(*words: str) -> str | None:
    """What git prints, or None where it fails, as outside a repository."""
    done = subprocess.run(["git", *words], capture_output=True, check=False)
    return done.stdout.decode("utf-8", "replace") if done.returncode == 0 else None

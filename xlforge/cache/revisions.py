"""What git's revisions say was built: the rows of every stage in the dvc.lock of every commit that a ref reaches, and of every worktree."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from xlforge.cache.database import CacheError

LOCK = "dvc.lock"
ROWS = "rows.parquet"
_LOADER: Any = getattr(yaml, "CBaseLoader", yaml.BaseLoader)


def made(project: Path) -> set[tuple[str, str]]:
    """(stage, MD5 of its rows.parquet), the stage as dvc names it; experiments and stashes are refs too.

    Raises CacheError outside git, in a shallow clone, and where a dvc.lock cannot be read: what is not known is not unused.
    """
    if _git(project, "rev-parse", "--is-shallow-repository").strip() == "true":
        raise CacheError(f"{project} is a shallow clone, which does not know every revision: git fetch --unshallow")
    found: set[tuple[str, str]] = set()
    for where, text in _locks(project):
        try:
            for stage, entry in (yaml.load(text, _LOADER)["stages"] or {}).items():
                found |= {(stage, out["md5"]) for out in entry.get("outs", []) if Path(out["path"]).name == ROWS}
        except (yaml.YAMLError, TypeError, KeyError, AttributeError) as error:
            raise CacheError(f"{LOCK} of {where} cannot be read ({type(error).__name__}): put it right first") from None
    return found


def _locks(project: Path) -> Iterator[tuple[str, str]]:
    commits = _git(project, "rev-list", "--all").split()
    asked = "".join(f"{commit}:./{LOCK}\n" for commit in commits)
    blobs = {
        words[0]: commit
        for commit, line in zip(
            commits, _git(project, "cat-file", "--batch-check", given=asked).splitlines(), strict=True
        )
        if (words := line.split())[1] == "blob"
    }
    for blob, commit in blobs.items():
        yield commit, _git(project, "cat-file", "blob", blob)
    inside = _git(project, "rev-parse", "--show-prefix").strip()
    for line in _git(project, "worktree", "list", "--porcelain").splitlines():
        path = Path(line.removeprefix("worktree "), inside, LOCK)
        if line.startswith("worktree ") and path.exists():
            yield str(path), path.read_text(encoding="utf-8")


def _git(project: Path, *words: str, given: str = "") -> str:
    done = subprocess.run(["git", "-C", str(project), *words], input=given, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CacheError(f"{project}: git {words[0]}: {done.stderr.strip()}; name the folder of a project under git")
    return done.stdout

"""Which commit built what is in the working tree: the first one since which dvc.lock names the same files."""

from collections.abc import Collection
from pathlib import Path
from typing import Any

from xlforge.base.dvc_lock import LOCK, lock, md5, outs
from xlforge.base.git import git_or_none

_LARGE = 64 << 20
"""Bytes from which a file is not hashed to see whether it is the one that dvc.lock names."""


def built(stages: Collection[str]) -> dict[str, dict[str, Any]]:
    """The commit that built what each stage wrote, by the stage's name as dvc has it.

    commit: 40 digits, None where no commit has it; date: `2026-11-23`; subject: of its message; note: why there is none.
    The history is read backwards for as long as a stage's outs are the same; a build that was never committed has none.
    """
    here = lock()
    now = {stage: outs(here, stage) for stage in stages}
    found = {stage: _none("not committed yet") for stage in stages}
    open_stages = {stage for stage in stages if now[stage]}
    log = git_or_none("log", "--format=%H%x00%cs%x00%s", "--", LOCK) or ""
    for commit, date, subject in (entry.split("\0") for entry in log.splitlines()):
        then = lock(git_or_none("show", f"{commit}:{LOCK}") or "")
        open_stages = {stage for stage in open_stages if outs(then, stage) == now[stage]}
        entry = {"commit": commit, "date": date, "subject": subject, "note": None}
        found |= dict.fromkeys(open_stages, entry)
        if not open_stages:
            break
    if open_stages and (git_or_none("rev-parse", "--is-shallow-repository") or "").strip() == "true":
        found |= dict.fromkeys(open_stages, _none("built before the history that this shallow clone has"))
    return found | {stage: _none(doubt) for stage in stages if (doubt := _doubt(now[stage]))}


def _none(note: str) -> dict[str, Any]:
    return {"commit": None, "date": None, "subject": None, "note": note}


def _doubt(outs: dict[str, str]) -> str | None:
    """Why the files here may not be the ones that dvc.lock names."""
    if not outs:
        return f"{LOCK} does not name it: its stage has not run to its end"
    other = [path for path, digest in outs.items() if path.endswith(".parquet") and _differs(Path(path), digest)]
    if not other:
        return None
    return f"{', '.join(other)} is not the file that {LOCK} names: the stage is running, or it was changed by hand"


def _differs(path: Path, digest: str) -> bool:
    return path.exists() and path.stat().st_size < _LARGE and md5(path) != digest

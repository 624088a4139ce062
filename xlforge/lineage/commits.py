"""Which commit built what is in the working tree: the first one since which dvc.lock names the same files."""

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path

from xlforge.base.dvc_lock import LOCK, lock, md5, outs
from xlforge.base.git import git_or_none

_LARGE = 64 << 20
"""Bytes from which a file is not hashed to see whether it is the one that dvc.lock names."""


@dataclass(frozen=True)
class Built:
    """commit: 40 digits, None where no commit has it; date: `2026-11-23`; subject: of its message. note: why there is none."""

    commit: str | None
    date: str | None = None
    subject: str | None = None
    note: str | None = None


def built(stages: Collection[str]) -> dict[str, Built]:
    """The commit that built what each stage wrote, by the stage's name as dvc has it.

    The history is read backwards for as long as a stage's outs are the same; a build that was never committed has none.
    """
    here = lock()
    now = {stage: outs(here, stage) for stage in stages}
    found = {stage: Built(None, note="not committed yet") for stage in stages}
    open_stages = {stage for stage in stages if now[stage]}
    log = git_or_none("log", "--format=%H%x00%cs%x00%s", "--", LOCK) or ""
    for commit, date, subject in (entry.split("\0") for entry in log.splitlines()):
        then = lock(git_or_none("show", f"{commit}:{LOCK}") or "")
        open_stages = {stage for stage in open_stages if outs(then, stage) == now[stage]}
        found |= {stage: Built(commit, date, subject) for stage in open_stages}
        if not open_stages:
            break
    if open_stages and (git_or_none("rev-parse", "--is-shallow-repository") or "").strip() == "true":
        found |= dict.fromkeys(open_stages, Built(None, note="built before the history that this shallow clone has"))
    return found | {stage: Built(None, note=doubt) for stage in stages if (doubt := _doubt(now[stage]))}


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

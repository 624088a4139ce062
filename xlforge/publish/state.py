"""What state the checkout is in: only what git holds and dvc.lock describes may be published."""

from __future__ import annotations

import hashlib
import subprocess
from dataclasses import dataclass
from pathlib import Path

from xlforge.base.errors import BuildError

LOCK = Path("dvc.lock")
DECIDES = (
    "dvc.lock",
    "dvc.yaml",
    "params.yaml",
    "pipelines",
    "stages",
    "xlforge",
    "data",
    "models",
)
"""What decides a build or belongs to it; a commit about anything else leaves the build what it was."""


@dataclass(frozen=True)
class State:
    """Which build this is. commit: the last one that changed any of DECIDES; lock: the sha256 of dvc.lock."""

    commit: str
    lock: str


@dataclass(frozen=True)
class Drift:
    """Where files here are not what dvc.lock says. changed: what stages made; missing: what they made and is gone, or never
    made here; stale: what they were made from."""

    changed: list[str]
    missing: list[str]
    stale: list[str]


def settled() -> State:
    """The build's name; BuildError where the work tree has changes that no commit holds."""
    if not LOCK.exists():
        raise BuildError("dvc.lock is missing: run from the root of the project, after `dvc repro`")
    dirty = _git("status", "--porcelain", "--untracked-files=all").splitlines()
    if dirty:
        shown = ", ".join(line[3:] for line in dirty[:5]) + (" …" if len(dirty) > 5 else "")
        raise BuildError(
            f"the work tree has {len(dirty)} change{'s' * (len(dirty) > 1)} that no commit holds ({shown}): what is published "
            "must be rebuildable from a commit, so commit or remove them first"
        )
    commit = _git("log", "-1", "--format=%H", "--", *DECIDES, ":!xlforge/execution")
    if not _git("ls-files", "--", str(LOCK)):
        raise BuildError("dvc.lock is in no commit: `git add dvc.lock`, and commit it with the build's metrics")
    return State(commit, hashlib.sha256(LOCK.read_bytes()).hexdigest())


def drift(stage: str) -> Drift:
    """What differs from dvc.lock in a stage and all it comes from; the files here are hashed, dvc's cache is not asked."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    found = Drift([], [], [])
    try:
        with Repo() as repo:
            for one in dict.fromkeys(repo.stage.collect(stage, with_deps=True)):
                for out in one.outs:
                    for path, what in out.workspace_status().items():
                        known = what if out.hash_info else "not in dvc.lock"
                        place = found.changed if known == "modified" else found.missing
                        place.append(f"{one.addressing}: {path} is {known}")
                for dep in one.deps:
                    found.stale.extend(f"{one.addressing}: {_told(*told)}" for told in dep.workspace_status().items())
                if one.changed_stage():
                    found.stale.append(f"{one.addressing}: its command")
    except DvcException as error:
        raise BuildError(f"dvc cannot tell the state of {stage}: {error}") from error
    return found


def matched(stage: str) -> None:
    """BuildError unless a stage and all it comes from are as dvc.lock says."""
    found = drift(stage)
    refuse_changed([*found.changed, *found.missing])
    if found.stale:
        raise BuildError(
            f"{stage} was built from something else than what is here: {_few(found.stale)}. Run `dvc repro {stage}`, commit dvc.lock "
            "and the metrics, and publish that"
        )


def refuse_changed(outs: list[str]) -> None:
    """BuildError where what a stage made is not what it made."""
    if outs:
        raise BuildError(
            f"outputs do not match dvc.lock: {_few(outs)}. Nobody could rebuild them: `dvc checkout --force` brings back what was "
            "built, `dvc repro` builds anew"
        )


def _told(path: str, what: object) -> str:
    return f"{path} ({', '.join(what)})" if isinstance(what, dict) else f"{path} is {what}"


def _few(lines: list[str]) -> str:
    return "; ".join(lines[:5]) + (f"; and {len(lines) - 5} more" if len(lines) > 5 else "")


def _git(*args: str) -> str:
    done = subprocess.run(["git", *args], capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"git {args[0]} failed: {done.stderr.strip()}; publish from a git checkout of the project")
    return done.stdout.rstrip("\n")

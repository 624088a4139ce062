"""What dvc finds changed: the stages of a `dvc repro`, in its order, each with its own reasons to run.

dvc compares; here is only asked what it found, and the old value (of dvc.lock) put beside the new one.
"""

from __future__ import annotations

import logging
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xlforge.base.errors import BuildError

if TYPE_CHECKING:
    from dvc.stage import Stage

_SHOWN = 8


@dataclass(frozen=True)
class Change:
    """A reason to run. kind: parameter, version, file, output, command, new (never built) or upstream.

    old, new: values; of a file the first digits of its digest, None where there is none. files: those in a folder that
    git knows to differ.
    """

    kind: str
    what: str
    old: Any = None
    new: Any = None
    files: tuple[str, ...] = ()

    @property
    def missing(self) -> bool:
        """Whether it is an output that is not here, or that dvc does not keep."""
        return self.kind == "output" and self.new in ("deleted", "not in cache")


@dataclass
class Entry:
    """One stage of the build. upstream: the stages whose outs it reads; parents: those whose rows it reads."""

    name: str
    changes: list[Change]
    upstream: list[str] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)
    handle: Any = None

    @property
    def stage(self) -> str:
        return self.name.partition("@")[0]

    @property
    def item(self) -> str | None:
        return self.name.partition("@")[2] or None

    def restorable(self) -> dict[str, Path] | None:
        """Where dvc keeps the outs that it would check out instead of running the stage, by path; None where it would run.

        Asked of a stage whose inputs are there as they will be read.
        """
        stage: Stage = self.handle
        outs: list[tuple[str, str]]
        if stage.already_cached():
            outs = [(str(out), out.hash_info.value) for out in stage.outs]
        else:
            if not all(dep.exists for dep in stage.deps):
                return None
            stage.save_deps()  # in memory: dvc looks its run cache up by them
            if any(not dep.hash_info for dep in stage.deps):
                return None
            found = stage.repo.stage_cache._load(stage)
            if not found or not stage.repo.stage_cache._create_stage(found, wdir=stage.wdir).outs_cached():
                return None
            outs = [(out["path"], out["md5"]) for out in found["outs"]]
        return {path: Path(stage.repo.cache.local.oid_to_path(digest)) for path, digest in outs}


def entries(targets: tuple[str, ...]) -> list[Entry]:
    """The stages that `dvc repro TARGETS` would look at, in its order. Raises BuildError where dvc cannot."""
    from dvc.exceptions import DvcException
    from dvc.repo import Repo
    from dvc.repo.reproduce import collect_stages, get_active_graph, plan_repro

    logging.getLogger("dvc").setLevel(logging.ERROR)
    try:
        with Repo() as repo:
            wanted = collect_stages(repo, targets or ("dvc.yaml",))
            graph = get_active_graph(repo.index.graph)
            return [_entry(stage, list(graph.successors(stage))) for stage in plan_repro(graph, wanted)]
    except DvcException as error:
        raise BuildError(f"dvc cannot tell what would run: {error}") from error


def _entry(stage: Stage, upstream: list[Stage]) -> Entry:
    outs = [out for each in upstream for out in each.outs]
    reads = [dep.fs_path for dep in stage.deps]
    parents = [
        each.addressing
        for each in upstream
        if not each.addressing.startswith("student@")  # no later stage reads the rows that a student learnt from
        and any(
            out.fs_path == path or (_within(out.fs_path, path) and out.fs_path.endswith("/rows.parquet"))
            for path in reads
            for out in each.outs
            if out.fs_path.endswith(".parquet")
        )
    ]
    return Entry(stage.addressing, list(_changes(stage, outs)), [each.addressing for each in upstream], parents, stage)


def _changes(stage: Stage, before: list[Any]) -> Iterator[Change]:
    """What changed of a stage itself. before: outs of other stages; that those are not as they should be is their reason to run."""
    from dvc.dependency.param import ParamsDependency

    if not any(dep.hash_info for dep in stage.deps):
        yield Change("new", stage.addressing)
        return
    for dep in stage.deps:
        status = dep.status()
        if not status:
            continue
        if isinstance(dep, ParamsDependency):
            old: Any = dep.hash_info.value or {}
            yield from _parameters(old, dep.read_params(flatten=True), "" if str(dep) == "params.yaml" else f"{dep}:")
        elif not any(_within(out.fs_path, dep.fs_path) and out.status() for out in before):
            new = dep.get_hash().value if dep.exists else None
            yield Change("file", str(dep), _short(dep.hash_info.value), _short(new), _files(str(dep)))
    for out in stage.outs:
        for what, fault in out.status().items():
            yield Change("output", what, new=fault)
    if stage.cmd_changed:
        yield Change("command", str(stage.cmd))


def _within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder}/")


def _parameters(old: Any, new: Any, prefix: str) -> Iterator[Change]:
    """The leaves in which two values differ, by dotted name."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted(old.keys() | new.keys(), key=str):
            yield from _parameters(
                old.get(key), new.get(key), f"{prefix}{'' if prefix[-1:] in ('', ':') else '.'}{key}"
            )
    elif (list(old) if isinstance(old, tuple) else old) != (list(new) if isinstance(new, tuple) else new):
        version = prefix.endswith((".version", ".revision"))
        yield Change("version" if version else "parameter", prefix, old, new)


def _short(digest: str | None) -> str | None:
    return digest[:8] if digest else None


def _files(path: str) -> tuple[str, ...]:
    """The files of a folder that differ from git's HEAD, where dvc.lock is as it was committed."""
    if not Path(path).is_dir() or _git("status", "--porcelain", "--", "dvc.lock"):
        return ()
    return tuple(line[3:] for line in _git("status", "--porcelain", "--", path)[:_SHOWN])


def _git(*words: str) -> list[str]:
    done = subprocess.run(["git", *words], capture_output=True, text=True, check=False)
    return done.stdout.splitlines() if done.returncode == 0 else []

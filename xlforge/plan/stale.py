"""What dvc finds changed: the stages of a `dvc repro`, in its order, each with its own reasons to run.

dvc compares; here its findings are read, and the old value (from dvc.lock) is put next to the new one.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from xlforge.base import dvc_lock
from xlforge.base.errors import BuildError
from xlforge.base.git import git_or_none
from xlforge.config.dag import holds
from xlforge.config.params import staged

Stage = Any
"""dvc's stage; dvc has no types."""
_SHOWN = 8


@dataclass(frozen=True)
class Change:
    """A reason to run.

    Args:
        kind: parameter, version, file, output, command, new (never built) or upstream.
        what: the parameter, path or stage.
        old, new: values; of a file the first digits of its digest, None where it does not exist.
        files: those in a folder that differ from git's HEAD.
    """

    kind: str
    what: str
    old: Any = None
    new: Any = None
    files: tuple[str, ...] = ()

    @property
    def missing(self) -> bool:
        """Whether it is an output that does not exist here, or that dvc's cache lacks."""
        return self.kind == "output" and self.new in ("deleted", "not in cache")


@dataclass
class Entry:
    """One stage of the build.

    Args:
        name: as dvc has it.
        changes: its own reasons to run.
        upstream: the stages whose outputs it reads.
        parents: those among them whose rows it reads.
        handle: dvc's stage.
    """

    name: str
    changes: list[Change]
    upstream: list[str] = field(default_factory=list)
    parents: list[str] = field(default_factory=list)
    handle: Any = None

    @property
    def stage(self) -> str:
        """The name without the item."""
        return self.name.partition("@")[0]

    @property
    def item(self) -> str | None:
        """The item of a matrix stage."""
        return self.name.partition("@")[2] or None

    def restorable(self) -> dict[str, Path] | None:
        """Where dvc has the outputs, by path, that it would check out instead of running the stage; None where it would run it.

        Valid for a stage whose inputs are here as it will read them.
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
    dvc_lock.check()
    try:
        with Repo() as repo:
            wanted = collect_stages(repo, targets or ("dvc.yaml",))
            graph = get_active_graph(repo.index.graph)
            return [_entry(stage, list(graph.successors(stage))) for stage in plan_repro(graph, wanted)]
    except DvcException as error:
        raise BuildError(f"dvc does not find out what would run: {error}") from error


def _entry(stage: Stage, upstream: list[Stage]) -> Entry:
    outs = [out for each in upstream for out in each.outs]
    parents = [each.addressing for each in upstream if _reads_rows(stage, each)]
    return Entry(stage.addressing, list(_changes(stage, outs)), [each.addressing for each in upstream], parents, stage)


def _reads_rows(stage: Stage, parent: Stage) -> bool:
    """Whether a dependency of a stage is, or holds, the rows of a parent with a pipeline."""
    rows = [out.fs_path for out in parent.outs if out.fs_path.endswith("/rows.parquet")]
    with_pipeline = parent.addressing.partition("@")[0] in staged()
    return with_pipeline and any(holds(dep.fs_path, path) for dep in stage.deps for path in rows)


def _changes(stage: Stage, before: list[Any]) -> Iterator[Change]:
    """The changes of a stage itself. before: outputs of other stages; where those differ, it is a reason of their own stage."""
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
        elif not any(holds(dep.fs_path, out.fs_path) and out.status() for out in before):
            new = dep.get_hash().value if dep.exists else None
            yield Change("file", str(dep), _short(dep.hash_info.value), _short(new), _files(str(dep)))
    yield from (Change("output", what, new=fault) for out in stage.outs for what, fault in out.status().items())
    if stage.cmd_changed:
        yield Change("command", str(stage.cmd))


def _parameters(old: Any, new: Any, prefix: str) -> Iterator[Change]:
    """The leaves in which two values differ, by dotted name."""
    if isinstance(old, dict) and isinstance(new, dict):
        start = prefix if prefix[-1:] in ("", ":") else f"{prefix}."
        for key in sorted(old.keys() | new.keys(), key=str):
            yield from _parameters(old.get(key), new.get(key), f"{start}{key}")
    elif (list(old) if isinstance(old, tuple) else old) != (list(new) if isinstance(new, tuple) else new):
        version = prefix.endswith((".version", ".revision"))
        yield Change("version" if version else "parameter", prefix, old, new)


def _short(digest: str | None) -> str | None:
    return digest[:8] if digest else None


def _files(path: str) -> tuple[str, ...]:
    """The files of a folder that differ from git's HEAD, where dvc.lock is as it was committed."""
    if not Path(path).is_dir() or git_or_none("status", "--porcelain", "--", "dvc.lock"):
        return ()
    changed = (git_or_none("status", "--porcelain", "--", path) or "").splitlines()
    return tuple(line[3:] for line in changed[:_SHOWN])

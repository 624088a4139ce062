"""One side of a comparison: the files that dvc.lock names at a revision or in the working tree, and where their bytes are.

A revision's files are read from the DVC cache, by hash; what is missing there is fetched from the remote into the cache, all at once.
The working tree's files are read in place. Nothing is checked out.
"""

import difflib
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson

from xlforge.base.dvc_lock import LOCK, lock, md5, outs
from xlforge.base.errors import BuildError
from xlforge.base.git import git_or_none

WORKSPACE = "workspace"
FOLDER = ".dir"
"""The end of a folder's hash."""


@dataclass(frozen=True)
class Out:
    """A file or a folder that a stage wrote. stage: as dvc names it; md5: of its bytes, or of the list of its files."""

    stage: str
    path: str
    md5: str


@dataclass
class Side:
    """One build.

    Args:
        name: as the user gave it.
        commit: None for the working tree.
        outs: by path, as dvc.lock has them.
        repo: DVC's own view of the repository: its cache and its remote.
        why: what prevented a fetch, if anything did.
    """

    name: str
    commit: str | None
    outs: dict[str, Out]
    repo: Any = field(repr=False)
    why: str = "the remote does not have it"

    def files(self) -> dict[str, Out]:
        """Every file by path. A folder stays whole where the list of its files is missing."""
        self.fetch(out for out in self.outs.values() if out.md5.endswith(FOLDER))
        return {file.path: file for out in self.outs.values() for file in self._opened(out)}

    def _opened(self, out: Out) -> list[Out]:
        place = self.place(out)
        if place is None or not out.md5.endswith(FOLDER):
            return [_in_place(out) if self.commit is None else out]
        if place.is_dir():
            files = {path.as_posix(): md5(path) for path in sorted(place.rglob("*")) if path.is_file()}
        else:
            files = {f"{out.path}/{entry['relpath']}": entry["md5"] for entry in orjson.loads(place.read_bytes())}
        return [Out(out.stage, path, digest) for path, digest in files.items()]

    def place(self, out: Out | None) -> Path | None:
        """Where the bytes of a file, or a folder's list, are; None where they are missing."""
        if out is None:
            return None
        if self.commit is None and Path(out.path).exists():
            return Path(out.path)
        cached = Path(self.repo.cache.local.oid_to_path(out.md5))
        return cached if cached.exists() else None

    def fetch(self, outs: Iterable[Out]) -> None:
        """Gets what is missing from the remote into the DVC cache, if the remote has it."""
        missing = {out.md5 for out in outs if self.place(out) is None}
        if not missing:
            return
        from dvc.exceptions import DvcException
        from dvc_data.hashfile.hash_info import HashInfo

        try:
            self.repo.cloud.pull([HashInfo("md5", digest) for digest in sorted(missing)])
        except DvcException as error:
            self.why = str(error).splitlines()[0]
        except Exception as error:  # a remote's library may quote credentials, so only the kind of error is shown
            self.why = f"the remote cannot be read ({type(error).__name__}); `dvc fetch` shows more"

    def text(self, path: str) -> str | None:
        """A file that git tracks, such as metrics; None where there is none."""
        if self.commit is None:
            return Path(path).read_text(encoding="utf-8") if Path(path).is_file() else None
        return git_or_none("show", f"{self.commit}:{path}")


def side(rev: str | None) -> Side:
    """A revision (branch, tag, commit or dvc experiment), or the working tree for None and `workspace`.

    Raises:
        BuildError: it is unknown, or the working directory is not the root of the project.
    """
    from dvc.exceptions import DvcException
    from dvc.repo import Repo

    if inside := (git_or_none("rev-parse", "--show-prefix") or "").strip():
        raise BuildError(f"{inside} is a folder inside the project: run from its root")
    try:
        repo = Repo()
    except DvcException as error:
        raise BuildError(f"{error}; run from the root of the project") from None
    if rev is None or rev == WORKSPACE:
        return Side("working tree", None, _outs(lock()), repo)
    commit = _commit(repo.scm, rev)
    return Side(rev, commit, _outs(lock(git_or_none("show", f"{commit}:{LOCK}") or "")), repo)


def _outs(locked: dict[str, Any]) -> dict[str, Out]:
    stages = locked.get("stages", {})
    return {path: Out(stage, path, digest) for stage in stages for path, digest in outs(locked, stage).items()}


def _in_place(out: Out) -> Out:
    """The out with the hash of the file in the working tree; dvc.lock's where there is none."""
    path = Path(out.path)
    return Out(out.stage, out.path, md5(path)) if path.is_file() else out


def _commit(scm: Any, rev: str) -> str:
    from dvc.scm import RevError, resolve_rev

    try:
        return str(resolve_rev(scm, rev))
    except RevError:
        refs = ("refs/heads", "refs/tags", "refs/remotes", "refs/exps")
        names = (git_or_none("for-each-ref", "--format=%(refname:lstrip=-1)", *refs) or "").split()
        near = difflib.get_close_matches(rev, [*names, WORKSPACE], n=1)
        hint = f"did you mean {near[0]!r}?" if near else "see `git branch --all`, `git tag` and `dvc exp show`"
        raise BuildError(f"{rev!r} is not a branch, tag, commit or experiment of this repository: {hint}") from None

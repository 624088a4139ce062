"""One side of a comparison: what dvc.lock names at a revision or in the working tree, and where its bytes are to be had.

A revision's files are read where they lie in the DVC cache, by hash; what is not there is fetched from the remote into the cache,
all at once. The working tree's are read as they lie. Nothing is checked out.
"""

from __future__ import annotations

import difflib
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import orjson

from xlforge.base.dvc_lock import LOCK, lock, md5
from xlforge.base.errors import BuildError

WORKSPACE = "workspace"
_DIRECTORY = ".dir"


@dataclass(frozen=True)
class Out:
    """A file that a stage left. stage: as dvc names it; md5: of its bytes."""

    stage: str
    path: str
    md5: str


@dataclass(frozen=True)
class Side:
    """name: as it was asked for. commit: None for the working tree. outs: by path; folders stand under their own path."""

    name: str
    commit: str | None
    outs: dict[str, Out]

    def text(self, path: str) -> bytes | None:
        """The bytes of a file that git holds, such as metrics; None where it is not there."""
        if self.commit is None:
            return Path(path).read_bytes() if Path(path).is_file() else None
        return _git("show", f"{self.commit}:{path}")


def side(rev: str | None) -> Side:
    """A revision (branch, tag, commit or dvc experiment), or the working tree for None and `workspace`. Raises BuildError."""
    if inside := (_git("rev-parse", "--show-prefix") or b"").decode().strip():
        raise BuildError(f"{inside} is a folder inside the project: run from its root")
    if rev is None or rev == WORKSPACE:
        return Side("working tree", None, {path: _as_it_lies(out) for path, out in _outs(lock()).items()})
    commit = _commit(rev)
    content = _git("show", f"{commit}:{LOCK}")
    return Side(rev, commit, _outs(lock((content or b"").decode())))


def _outs(locked: dict[str, Any]) -> dict[str, Out]:
    return {
        out["path"]: Out(stage, out["path"], out["md5"])
        for stage, entry in locked.get("stages", {}).items()
        for out in entry.get("outs", [])
        if "md5" in out
    }


def _as_it_lies(out: Out) -> Out:
    """The out with the hash of the file that lies there; dvc.lock's where none does, and for folders."""
    path = Path(out.path)
    return Out(out.stage, out.path, md5(path)) if path.is_file() else out


def _commit(rev: str) -> str:
    found = _git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{rev}^{{commit}}")
    if found is None:
        refs = (
            (_git("for-each-ref", "--format=%(refname)", "refs/exps", "refs/heads", "refs/tags", "refs/remotes") or b"")
            .decode()
            .split()
        )
        experiments = [ref for ref in refs if ref.startswith("refs/exps/") and ref.rsplit("/", 1)[-1] == rev]
        found = (
            _git("rev-parse", "--verify", "--quiet", f"{experiments[0]}^{{commit}}") if len(experiments) == 1 else None
        )
        if found is None:
            near = difflib.get_close_matches(rev, [*(ref.rsplit("/", 1)[-1] for ref in refs), WORKSPACE], n=1)
            hint = (
                f"did you mean {near[0]!r}?"
                if near
                else "`git branch --all`, `git tag` and `dvc exp show` list what there is"
            )
            raise BuildError(f"{rev!r} is no branch, tag, commit or experiment of this repository: {hint}")
    return found.decode().strip()


def _git(*words: str) -> bytes | None:
    done = subprocess.run(["git", *words], capture_output=True, check=False)
    return done.stdout if done.returncode == 0 else None


class Cache:
    """The DVC cache, and behind it the remote. why: what kept files from being fetched, in words."""

    def __init__(self) -> None:
        self.why = ""

    @cached_property
    def _repo(self) -> Any:
        from dvc.exceptions import DvcException
        from dvc.repo import Repo

        try:
            return Repo()
        except DvcException as error:
            raise BuildError(f"{error}; run from the root of the project") from None

    def path(self, digest: str) -> Path:
        """Where a file or a folder's list lies, if it is there."""
        return Path(self._repo.cache.local.oid_to_path(digest))

    def fetch(self, digests: Iterable[str]) -> None:
        """Gets what is not in the cache from the remote, as far as it is there."""
        missing = {digest for digest in digests if not self.path(digest).exists()}
        if not missing:
            return
        from dvc.exceptions import DvcException
        from dvc_data.hashfile.hash_info import HashInfo

        try:
            self._repo.cloud.pull([HashInfo("md5", digest) for digest in sorted(missing)])
        except DvcException as error:
            self.why = str(error).splitlines()[0]
        except (
            Exception
        ) as error:  # whatever a remote's library raises: it may quote credentials, so only its kind is told
            self.why = f"the remote cannot be read ({type(error).__name__}); `dvc fetch` tells more"

    def folder(self, whose: Side, out: Out) -> dict[str, str] | None:
        """Path to MD5 of every file of a folder; None where its list is not to be had."""
        here = Path(out.path)
        if whose.commit is None and here.is_dir():
            return {path.as_posix(): md5(path) for path in sorted(here.rglob("*")) if path.is_file()}
        lies = self.path(out.md5)
        if not lies.exists():
            return None
        return {f"{out.path}/{entry['relpath']}": entry["md5"] for entry in orjson.loads(lies.read_bytes())}

    def file(self, whose: Side, path: str, digest: str) -> Path | None:
        """Where the bytes of a file lie; None where they are not to be had."""
        if whose.commit is None and Path(path).is_file():
            return Path(path)
        lies = self.path(digest)
        return lies if lies.exists() else None


def files(whose: Side, cache: Cache) -> tuple[dict[str, Out], set[str]]:
    """Every file of a side by path, folders opened; and the folders whose list is not to be had."""
    folders = [out for out in whose.outs.values() if out.md5.endswith(_DIRECTORY)]
    cache.fetch(out.md5 for out in folders if whose.commit is not None or not Path(out.path).is_dir())
    found = {path: out for path, out in whose.outs.items() if not out.md5.endswith(_DIRECTORY)}
    closed = set()
    for out in folders:
        inside = cache.folder(whose, out)
        if inside is None:
            closed.add(out.path)
        found |= {path: Out(out.stage, path, digest) for path, digest in (inside or {}).items()}
    return found, closed

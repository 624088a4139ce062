"""Where the project lies: its main checkout, the folder of its state, and the build that this process belongs to."""

from functools import cache
from pathlib import Path

import psutil

from xlforge.base.git import git_or_none
from xlforge.base.guard import up_to_dvc
from xlforge.base.locks import Lock

RUN = "dvc run"


@cache
def home() -> Path:
    """The main checkout: the parent of git's common directory, or the working directory outside git.

    An experiment's temporary workspace is a clone inside `.dvc/tmp/exps`, whose origin is the main checkout.
    """
    here = Path.cwd().resolve()
    for parent in (here, *here.parents):
        if parent.name == "exps" and parent.parent.name == "tmp" and parent.parent.parent.name == ".dvc":
            return parent.parent.parent.parent
    common = Path((git_or_none("rev-parse", "--path-format=absolute", "--git-common-dir") or "").strip())
    return common.parent if common.name == ".git" else here


def state() -> Path:
    """`.xlforge/` of the main checkout: the cache, the run log and what a running build keeps; never tracked by git."""
    folder = home() / ".xlforge"
    folder.mkdir(exist_ok=True)
    return folder


def cache_file() -> Path:
    """The default file of the response cache. A file with its former name, `store.sqlite`, is renamed first.

    The write-ahead log goes first and the database last, so where this is interrupted, the next call finishes it.
    """
    file, former = state() / "cache.sqlite", state() / "store.sqlite"
    if not file.exists() and former.exists():
        with Lock(state() / "cache.lock"):
            for suffix in ("-wal", "-shm", ""):
                if (part := Path(f"{former}{suffix}")).exists() and not file.exists():
                    part.rename(f"{file}{suffix}")
    return file


def this_build() -> str:
    """A name for the `dvc repro` that this process belongs to; without one, for the process that started it."""
    above = up_to_dvc(psutil.Process())
    build = above[-1] if above else psutil.Process()
    return f"{RUN} {build.pid} of {build.create_time():.2f}"

"""What an earlier build left in the checkout, and a new one must not find: DVC's record, figures, outputs of items that are gone."""

import re
import shutil
from pathlib import Path

from xlforge.base.dvc_lock import COPY, LOCK
from xlforge.base.errors import BuildError
from xlforge.base.git import git
from xlforge.config.dag import stages

_KEY = re.compile(r"\$\{[^}]*\}")
NO_STUDENTS = Path("data/student/.gitkeep")
"""Stages depend on the folder, which git does not keep while it is empty."""


def refuse_changes() -> None:
    """BuildError where tracked files have changes: what is removed here could not be restored."""
    if changed := git("status", "--porcelain", "--untracked-files=no").splitlines():
        names = "\n  ".join(line[3:] for line in changed)
        raise BuildError(
            f"files with changes that are not committed:\n  {names}\nCommit them, or `git stash`, and run again"
        )


def left() -> list[Path]:
    """dvc.lock, and every file or folder that dvc.yaml declares as an output of any item."""
    outs = [out for stage in stages().values() for out in stage.outs]
    found = [path for out in outs for path in Path().glob(_KEY.sub("*", out))]
    return sorted({path for path in (Path(LOCK), NO_STUDENTS, *found) if path.exists()})


def remove(paths: list[Path]) -> None:
    """Removes them, and the folders that are empty then. Rows stay in DVC's cache, responses in the response cache."""
    for path in paths:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
        for above in list(path.parents)[:-2]:
            if above.is_dir() and not any(above.iterdir()):
                above.rmdir()
    COPY.unlink(missing_ok=True)

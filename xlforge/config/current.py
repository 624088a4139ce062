"""Which stages were not built from what the stages above them delivered last, as dvc.lock has both.

`dvc repro dataset` leaves students, answers and win rates as they were: figures of another dataset. They must not be shown as current.
"""

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from xlforge.base.dvc_lock import LOCK, lock, md5, outs
from xlforge.config.dag import holds, names

_FIGURES = (".json", ".csv")


def outdated() -> dict[str, str]:
    """The stages, as dvc names them, whose outputs are not those of the present build, each with the reason.

    dvc.lock decides, not the data, so a clone without data has the same answer. Files of figures are compared with dvc.lock too.
    Where there is no dvc.lock, nothing is known to be outdated.
    """
    if not Path(LOCK).exists():
        return {}
    locked = lock()
    current = [name for name in names() if name in locked.get("stages", {})]
    made = {path: (name, digest) for name in current for path, digest in outs(locked, name).items()}
    found = {name: f"{LOCK} does not have it" for name in names() if name not in current}
    for name in current:
        if reason := next(_reasons(locked["stages"][name], name, made, found), None):
            found[name] = reason
    return found


def _reasons(entry: Any, name: str, made: dict[str, tuple[str, str]], found: dict[str, str]) -> Iterator[str]:
    for path, (maker, digest) in made.items():
        if maker == name and path.endswith(_FIGURES) and Path(path).exists() and md5(Path(path)) != digest:
            yield f"{path} is not the file in {LOCK}"
    for dep in entry.get("deps", ()):
        path = dep["path"]
        inside = {each: made[each] for each in made if holds(path, each) or holds(each, path)}
        for maker in dict.fromkeys(maker for maker, _ in inside.values()):
            if maker in found:
                yield f"it was built from {maker}, which is outdated"
        exact = inside[path][1] if path in inside else _folder(path, inside)
        known = path in inside or dep.get("nfiles") in (None, len(inside))
        if exact is not None and known and dep.get("md5") != exact:
            yield f"it was built from another {path}"


def _folder(path: str, inside: dict[str, tuple[str, str]]) -> str | None:
    """DVC's digest of a folder that holds these files and no others; None where a folder is among them."""
    if not inside or any(digest.endswith(".dir") or not holds(path, each) for each, (_, digest) in inside.items()):
        return None
    files = [{"md5": digest, "relpath": each[len(path) + 1 :]} for each, (_, digest) in sorted(inside.items())]
    return hashlib.md5(json.dumps(files, sort_keys=True).encode(), usedforsecurity=False).hexdigest() + ".dir"

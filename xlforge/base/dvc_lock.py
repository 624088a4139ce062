"""dvc.lock: what DVC recorded of each stage, its inputs and what it delivered.

DVC writes the file again after every stage, and not at once: a build that is killed in that moment leaves it empty or cut, and DVC then
refuses to run. So every stage keeps a copy of it at its start, and `xlforge` and `make repro` restore that.
"""

import hashlib
import re
import shutil
import sys
from pathlib import Path
from typing import Any

import yaml

from xlforge.base.errors import BuildError
from xlforge.base.files import write_text

LOCK = "dvc.lock"
COPY = Path(".xlforge", LOCK)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_ENTRY = re.compile(r"^  \S", re.MULTILINE)


def lock(text: str | None = None) -> dict[str, Any]:
    """dvc.lock, of the working tree or as given; empty where there is none. Raises BuildError where that of the working tree is cut."""
    if text is None:
        check()
        path = Path(LOCK)
        text = path.read_text(encoding="utf-8") if path.exists() else ""
    return dict(yaml.load(text, Loader=_LOADER) or {})


def is_whole(text: str) -> bool:
    """Whether DVC can read it. What a killed build cuts is the end, so the last entry is parsed and no other."""
    places = [found.start() for found in _ENTRY.finditer(text)]
    try:
        found = yaml.load(text[places[-1] :] if places else text, Loader=_LOADER)
    except (yaml.YAMLError, RecursionError):
        return False
    if not places:
        return isinstance(found, dict) and found.get("schema") == "2.0" and found.get("stages", {}) == {}
    entries = list(found.values()) if isinstance(found, dict) else [None]
    return text.endswith("\n") and all(map(_is_entry, entries))


def _is_entry(entry: Any) -> bool:
    if not isinstance(entry, dict) or not isinstance(entry.get("cmd"), str | list):
        return False
    files = [file for part in ("deps", "outs") if part in entry for file in entry[part] or [None]]
    params = entry.get("params", {})
    tracked = params.values() if isinstance(params, dict) else [None]
    return all(isinstance(each, dict) for each in (*files, *tracked)) and all(file.get("path") for file in files)


def save_copy() -> None:
    """Keeps a copy of dvc.lock, if it is whole. A stage does it at its start, when DVC does not write."""
    path = Path(LOCK)
    if path.exists() and is_whole(text := path.read_text(encoding="utf-8", errors="replace")):
        write_text(text, COPY)


def is_cut() -> bool:
    """Whether dvc.lock exists and DVC would refuse it."""
    path = Path(LOCK)
    return path.exists() and not is_whole(path.read_text(encoding="utf-8", errors="replace"))


def restore() -> None:
    """Puts the copy in the place of a dvc.lock that was cut, and reports it."""
    if COPY.exists() and is_cut():
        shutil.copyfile(COPY, LOCK)
        print(
            f"{LOCK} was empty or cut, as a build leaves it that is killed while DVC writes it: restored from {COPY}. `dvc repro` goes "
            "on from there, and takes every response from the cache",
            file=sys.stderr,
        )


def check() -> None:
    """BuildError with the remedy where dvc.lock is cut."""
    if is_cut():
        raise BuildError(
            f"{LOCK} is empty or cut, as a build leaves it that is killed while DVC writes it, and there is no copy of it here: "
            f"`git checkout {LOCK}` restores the last committed one, and without one `rm {LOCK}`; then `dvc repro` builds what is missing "
            "and takes every response from the cache"
        )


def outs(locked: dict[str, Any], stage: str) -> dict[str, str]:
    """Paths and MD5 of a stage's outs."""
    found = locked.get("stages", {}).get(stage, {}).get("outs", [])
    return {out["path"]: out["md5"] for out in found if "md5" in out}


def md5(path: Path) -> str:
    """Of a file's bytes, as dvc has it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, lambda: hashlib.md5(usedforsecurity=False)).hexdigest()


if __name__ == "__main__":
    restore()

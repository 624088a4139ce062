"""Versions of pipelines: a released one is frozen.

A row says which version made it, so a version must not change under its name. `pipelines/versions.lock` holds the fingerprint of
every released version's folder; a version that drifts from it fails the tests.

Run `python -m xlforge.stage.versions` to release what is not yet in the lock.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

LOCK = Path("pipelines/versions.lock")


def fingerprint(folder: Path) -> str:
    """16 hexadecimal digits of a version's files, their names and their bytes."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*")):
        if path.is_file() and path.suffix != ".pyc":
            content = path.read_bytes()
            digest.update(f"{path.relative_to(folder).as_posix()}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:16]


def present() -> dict[str, str]:
    """`stage/version` to fingerprint, for every version there is."""
    folders = sorted(path for path in LOCK.parent.glob("*/v*") if path.is_dir())
    return {path.relative_to(LOCK.parent).as_posix(): fingerprint(path) for path in folders}


def released() -> dict[str, str]:
    """`stage/version` to fingerprint, as the lock has it."""
    lines = LOCK.read_text(encoding="utf-8").splitlines() if LOCK.exists() else []
    return dict(line.split() for line in lines if line and not line.startswith("#"))


def drifted() -> list[str]:
    """What is wrong, in words with the remedy: one line for each released version that changed or went."""
    have = present()
    return [
        f"pipelines/{name} has changed since it was released: copy it to the next version "
        f"(cp -r pipelines/{name} pipelines/{name.rsplit('/v', 1)[0]}/v{int(name.rsplit('/v', 1)[1]) + 1}), change that, "
        f"name it in params.yaml, and restore this one (git checkout pipelines/{name})"
        if name in have
        else f"pipelines/{name} was released and is gone: rows name it, so restore it"
        for name, was in released().items()
        if have.get(name) != was
    ]


def main() -> None:
    """Adds every version that is not in the lock; refuses while a released one has drifted."""
    if faults := drifted():
        raise SystemExit("\n".join(faults))
    lines = [f"{name} {mark}" for name, mark in sorted((present() | released()).items())]
    LOCK.write_text(
        "# Released versions and their fingerprints; see xlforge/stage/versions.py\n" + "\n".join(lines) + "\n"
    )


if __name__ == "__main__":
    main()

"""What is to be published: files by their path in the repository, and the name that their content gives them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Publication:
    """One repository's content.

    kind: of the repository. files: path there → bytes, or the file here that holds them. owned: patterns of the paths that a publication
    may remove where it no longer has them; other files that lie in the repository are left alone.
    """

    kind: Literal["dataset", "model"]
    repo: str
    files: dict[str, bytes | Path]
    owned: tuple[str, ...]

    @property
    def tag(self) -> str:
        """`build-` and 12 hexadecimal digits of all paths and bytes: equal files have equal tags."""
        digest = hashlib.sha256()
        for path, content in sorted(self.files.items()):
            digest.update(f"{path}\0{hashlib.sha256(read(content)).hexdigest()}\n".encode())
        return f"build-{digest.hexdigest()[:12]}"

    def owns(self, path: str) -> bool:
        """Whether a file of the repository is one that a publication of this kind put there."""
        return any(fnmatch(path, pattern) for pattern in self.owned)

    def write(self, folder: Path) -> None:
        """All files, into an empty or absent folder."""
        for path, content in self.files.items():
            place = folder / path
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(read(content))


def read(content: bytes | Path) -> bytes:
    """The bytes, wherever they are."""
    return content if isinstance(content, bytes) else content.read_bytes()

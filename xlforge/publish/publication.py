"""What is published: files by their path in the repository, and the tag that their content gives them."""

import hashlib
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path
from typing import Literal


@dataclass(frozen=True)
class Publication:
    """The content of one repository.

    Args:
        kind: of the repository.
        repo: its name, USER/NAME.
        files: by path in the repository: bytes, or a local file.
        owned: patterns of the paths that a publication removes where it no longer has them. It leaves other files alone.
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
        """Whether a path of the repository matches `owned`."""
        return any(fnmatch(path, pattern) for pattern in self.owned)

    def write(self, folder: Path) -> None:
        """Writes all files to an empty or new folder."""
        for path, content in self.files.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(read(content))


def read(content: bytes | Path) -> bytes:
    """The bytes."""
    return content if isinstance(content, bytes) else content.read_bytes()

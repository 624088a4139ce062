"""Which weights a local folder holds: a digest of every file that decides an answer, checked against params.yaml.

The store answers for a revision, not for a folder; without this check retrained weights under an old name would be
served their predecessor's answers.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

from xlforge.core.params import Model
from xlforge.engines.engine import EngineError

_DECIDES = {".json", ".jinja", ".model", ".safetensors", ".txt", ".tiktoken", ".py"}


def folder_digest(folder: Path) -> str:
    """`sha256:…` over the sorted names and contents of weights, tokenizer, templates, configs and code; not of the card."""
    digest = hashlib.sha256()
    for path in sorted(path for path in folder.rglob("*") if path.suffix in _DECIDES and path.is_file()):
        digest.update(f"{path.relative_to(folder).as_posix()}\n{path.stat().st_size}\n".encode())
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return f"sha256:{digest.hexdigest()}"


def check(spec: Model) -> None:
    """Raise EngineError unless spec.revision pins what spec.model names: a folder's digest, or a commit of a hub id."""
    folder = Path(spec.model)
    if folder.is_dir():
        found = folder_digest(folder)
        if found != spec.revision:
            raise EngineError(
                f"the weights in {spec.model} are {found}, but params.yaml says revision {spec.revision}: if these are the "
                f"weights you mean, write `revision: {found}` beside `model: {spec.model}` in params.yaml"
            )
    elif spec.revision is None:
        raise EngineError(
            f"{spec.model} is no folder here, and as a hub id it needs a revision: write the commit beside it in params.yaml"
        )

"""Which weights a model is: a digest of every file of a local folder that decides a response, checked against params.yaml.

The cache holds responses of a revision, not of a folder; without this check, retrained weights in an old folder would be given the
responses of the weights before them. A model with an adapter has the revisions of both, joined by a plus.
"""

import hashlib
import json
from pathlib import Path

from xlforge.config.models import ADAPTERS, IN_PROCESS, READERS, Model
from xlforge.models.engine import EngineError

_CONFIG = "adapter_config.json"
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


def adapted(revision: str | None, adapter: Path) -> str:
    """The revision of a model with an adapter: the model's own, `+`, the digest of the adapter's folder. Raises EngineError."""
    if not (adapter / _CONFIG).is_file():
        raise EngineError(f"{adapter} holds no {_CONFIG}: an adapter is a folder as PEFT saves it; train it first")
    return f"{revision or ''}+{folder_digest(adapter)}"


def base_revision(spec: Model) -> str | None:
    """What pins the weights of spec.model alone."""
    return (spec.revision or "").split("+")[0] or None if spec.adapter else spec.revision


def local_weights(spec: Model) -> Model | None:
    """The folders that a model is read from, as an in-process model names them; None where its weights are not in a folder here.

    A student that vLLM serves is known by its name alone: its adapter is with the others, and names its base.
    """
    if spec.engine not in READERS:
        return None
    if spec.adapter or Path(spec.model).is_dir():
        return spec
    adapter = ADAPTERS / spec.model
    if spec.engine in IN_PROCESS or not (adapter / _CONFIG).is_file():
        return None
    base = json.loads((adapter / _CONFIG).read_text(encoding="utf-8"))["base_model_name_or_path"]
    return Model(model=base, adapter=str(adapter), revision=spec.revision)


def identity(spec: Model) -> str | None:
    """The revision in the cache key: spec.revision, and with it the chat template where params.yaml gives one."""
    if spec.chat_template is None:
        return spec.revision
    return f"{spec.revision or ''}+template:{hashlib.sha256(spec.chat_template.encode()).hexdigest()[:16]}"


def check(spec: Model) -> None:
    """Raises EngineError unless spec.revision pins what spec names: a folder's digest or a hub id's commit, and its adapter."""
    folder, revision = Path(spec.model), base_revision(spec)
    if folder.is_dir():
        found = folder_digest(folder)
        if found != revision:
            raise EngineError(
                f"the weights in {spec.model} are {found}, but params.yaml names revision {revision}: if these are the right "
                f"weights, write `revision: {found}` next to `model: {spec.model}` in params.yaml"
            )
    elif revision is None:
        remedy = "write the commit next to it in params.yaml"
        raise EngineError(f"{spec.model} is not a folder here, and as a hub id it needs a revision: {remedy}")
    if spec.adapter and (found := adapted(revision, Path(spec.adapter))) != spec.revision:
        raise EngineError(
            f"the model {spec.model} with the adapter {spec.adapter} is {found}, but {spec.revision} is wanted: the adapter has "
            "changed meanwhile, so run the stage again"
        )

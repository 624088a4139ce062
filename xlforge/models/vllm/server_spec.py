"""The server that a model needs. Two models share one where command, environment and weights are the same."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from xlforge.config.execution import Servers
from xlforge.config.models import ADAPTERS, Model
from xlforge.models.revision import base_revision, check, local_weights

_CONFIG, _TEMPLATE = "adapter_config.json", "chat_template.jinja"


@dataclass(frozen=True)
class Adapter:
    """An adapter that requests name. digest: of its folder."""

    name: str
    folder: Path
    digest: str


@dataclass(frozen=True)
class ServerSpec:
    """A server.

    Args:
        model: as params.yaml names it.
        command: without host and port.
        environment: added to this process's own.
        pinned: what else distinguishes it: the revision of the weights and, where it loads adapters, the checkout that they are in,
            since those of another checkout have the same names.
        adapter: that it must have loaded.
    """

    model: str
    command: tuple[str, ...]
    environment: dict[str, str]
    pinned: tuple[str | None, ...]
    adapter: Adapter | None

    @cached_property
    def key(self) -> str:
        """16 hexadecimal digits."""
        whole = [self.command, sorted(self.environment.items()), self.pinned]
        return hashlib.sha256(json.dumps(whole).encode()).hexdigest()[:16]


def server_spec(spec: Model, servers: Servers) -> ServerSpec:
    """The server for a model with engine `vllm`. Raises EngineError where nothing pins its weights."""
    weights = local_weights(spec) or spec
    if not Path(weights.model).is_dir():
        check(weights)
    model, revision = weights.model, base_revision(weights)
    own = servers.models.get(model)
    rank = max(_ranks(model), default=0)
    max_rank = max(8, 1 << (rank - 1).bit_length())  # vLLM accepts powers of two, from 8
    adapter = None
    if weights.adapter:
        digest = str(weights.revision).partition("+")[2]
        adapter = Adapter(spec.model, Path(weights.adapter).resolve(), digest)
    command = [
        *_weights(servers.command, model, revision),
        *("--served-model-name", model),
        *("--generation-config", "vllm"),  # the sampling is that of params.yaml alone
        *(("--enable-lora", "--max-lora-rank", str(max_rank)) if rank else ()),
        *(_template(model, adapter) if adapter else ()),
        *(("--trust-remote-code",) if spec.trust_remote_code == model else ()),
        *servers.arguments,
        *(own.arguments if own else ()),
    ]
    usual = {"VLLM_NO_USAGE_STATS": "1"} | ({"VLLM_ALLOW_RUNTIME_LORA_UPDATING": "1"} if rank else {})
    environment = usual | servers.environment | (own.environment if own else {})
    return ServerSpec(model, tuple(command), environment, (revision, str(Path.cwd()) if rank else None), adapter)


def _weights(command: tuple[str, ...], model: str, revision: str | None) -> Iterator[str]:
    yield from command
    if command[-1:] != ("serve",):
        yield "--model"
    if Path(model).is_dir():
        yield str(Path(model).resolve())
    else:
        yield from (model, "--revision", str(revision), "--tokenizer-revision", str(revision))


def _ranks(model: str) -> Iterator[int]:
    """Of the adapters here that were trained on a model."""
    for path in ADAPTERS.glob(f"*/{_CONFIG}"):
        config = json.loads(path.read_text(encoding="utf-8"))
        if config["base_model_name_or_path"] == model:
            yield config["r"]


def _template(model: str, adapter: Adapter) -> tuple[str, ...]:
    """The adapter's chat template, where it is not known to be the model's own."""
    own, theirs = adapter.folder / _TEMPLATE, Path(model) / _TEMPLATE
    if not own.is_file() or (theirs.is_file() and own.read_bytes() == theirs.read_bytes()):
        return ()
    return ("--chat-template", str(own))

"""`execution:` of params.yaml: how a build is run, and nothing that changes its data. No stage tracks it."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BeforeValidator, Field

from xlforge.core.blocks import Block
from xlforge.execution.ray.settings import Ray

_PARAMS = Path("params.yaml")


class Limit(Block):
    """The most that a role's endpoint takes of one model in a minute. tokens: read and written."""

    requests: float | None = Field(None, gt=0)
    tokens: float | None = Field(None, gt=0)


def _words(given: Any) -> Any:
    """A command line, split as a shell splits it, or its words."""
    return shlex.split(given) if isinstance(given, str) else [str(word) for word in given]


def _named(given: Any) -> Any:
    """`NAME=value` words, or a mapping."""
    if isinstance(given, str):
        return dict(word.partition("=")[::2] for word in shlex.split(given))
    return {name: str(value) for name, value in given.items()}


Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
Environment = Annotated[dict[str, str], BeforeValidator(_named)]


class Served(Block):
    """What the server of one model is given beside what all are."""

    arguments: Words = ()
    environment: Environment = Field(default_factory=dict)


class Servers(Served):
    """How vLLM's servers are started; docs/vllm.md tells more. Words may be written as a shell takes them.

    command: what starts a server, found from the main checkout. arguments, environment: of every server; models: of one, by the
    name of its model. together: whether servers of several models fit this machine at once; else one is ended before the next is started.
    """

    command: Words = ("python", "-m", "vllm.entrypoints.openai.api_server")
    models: dict[str, Served] = Field(default_factory=dict)
    together: bool = False
    start: float = Field(900, gt=0, description="seconds a start may take")
    idle: float = Field(600, gt=0, description="seconds after its last use that a server ends")


class Execution(Block):
    """How a build is run, and nothing that changes its data; no stage tracks these and no out holds them.

    Every field may be set in the environment as XLFORGE_<FIELD>, which wins; see `xlforge.execution.environment`.
    """

    endpoint: str | None = None
    endpoints: dict[str, str] = Field(default_factory=dict)
    concurrency: int = Field(64, ge=1)
    batch: int = Field(128, ge=1, description="rows a forward pass of the transformers engine")
    timeout: float = Field(120, gt=0, description="seconds one request may take")
    retries: int = Field(6, ge=0, description="tries again for one request after 429, 5xx or a lost connection")
    failures: int = Field(20, ge=1, description="requests that may fail for good before the stage gives up")
    device: str = "cpu"
    store: str = Field("", description="database URL of the response store; empty for SQLite in the main checkout")
    offline: bool = False
    servers: Servers = Servers()
    requests_per_minute: float | None = Field(None, gt=0, description="of one model in one role")
    tokens_per_minute: float | None = Field(None, gt=0, description="read and written, of one model in one role")
    limits: dict[str, Limit] = Field(default_factory=dict, description="of one role, before the two above")
    mode: Literal["live", "batch"] = Field("live", description="batch: an endpoint's hosted batches, at half the price")
    modes: dict[str, Literal["live", "batch"]] = Field(default_factory=dict, description="of one role, before `mode`")
    budget: str | None = Field(
        None, pattern=r"^[0-9][0-9_]*(\.[0-9]+)? (tokens|[A-Z]{3})$", description="`20 EUR` or `3_000_000 tokens`"
    )
    period: str | None = Field(None, description="the name under which a budget is counted; this dvc run by default")
    runtime: Literal["local", "ray"] = Field("local", description="ray: steps that ask run on its workers")
    ray: Ray = Ray()


def load_execution(path: Path = _PARAMS) -> Execution:
    """The `execution:` block alone, for commands that build nothing; the defaults where there is no file."""
    raw = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    return Execution.model_validate(raw.get("execution") or {})

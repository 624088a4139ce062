"""`execution:` of params.yaml: how a build is run, and nothing that changes its data. No stage tracks it."""

from __future__ import annotations

import shlex
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from xlforge.config.blocks import Block


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


def _counts(given: Any) -> Any:
    """`stage=number` words, or a mapping."""
    return dict(word.partition("=")[::2] for word in given.split()) if isinstance(given, str) else given


def _names(given: Any) -> Any:
    return given.split() if isinstance(given, str) else given


class Ray(Block):
    """How `runtime: ray` runs the steps that ask; docs/cluster.md tells more.

    address: of a cluster, `host:port`, `auto` or `ray://host:port`; none for a Ray on this machine, of the running stage alone.
    replicas: workers that share the rows of a step; stages: of one stage, before that. cpus, gpus: what Ray sets aside for each.
    variables: of the environment, that a cluster's workers are given beside XLFORGE_* and those of `.env`.
    """

    address: str | None = None
    replicas: int = Field(2, ge=1)
    stages: Annotated[dict[str, Annotated[int, Field(ge=1)]], BeforeValidator(_counts)] = Field(default_factory=dict)
    cpus: int = Field(1, ge=1)
    gpus: int | None = Field(None, ge=0, description="by default 1 for a model that runs in process on cuda, else none")
    start: float = Field(300, gt=0, description="seconds in which every worker of a step must have started")
    variables: Annotated[tuple[str, ...], BeforeValidator(_names)] = ()


class Execution(Block):
    """How a build is run, and nothing that changes its data; no stage tracks these and no out holds them.

    Every field may be set in the environment as XLFORGE_<FIELD>, which wins; see `xlforge.config.environment`.
    """

    endpoint: str | None = None
    endpoints: dict[str, str] = Field(default_factory=dict)
    concurrency: int = Field(64, ge=1)
    batch: int = Field(128, ge=1, description="rows a forward pass of the transformers engine")
    timeout: float = Field(120, gt=0, description="seconds one request may take")
    retries: int = Field(6, ge=0, description="tries again for one request after 429, 5xx or a lost connection")
    failures: int = Field(20, ge=1, description="requests that may fail for good before the stage gives up")
    device: str = "cpu"
    cache: str = Field("", description="database URL of the response cache; empty for SQLite in the main checkout")
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

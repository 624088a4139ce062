"""`execution:` of params.yaml: how a build is run, and nothing that changes its data. No stage tracks it."""

import shlex
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from xlforge.config.blocks import Block


class Limit(Block):
    """What a role's endpoint accepts for one model in a minute. tokens: read and written."""

    requests: float | None = Field(None, gt=0)
    tokens: float | None = Field(None, gt=0)


def _words(given: Any) -> Any:
    """A command line, split as a shell does, or its words."""
    return shlex.split(given) if isinstance(given, str) else [str(word) for word in given]


def _named(given: Any) -> Any:
    """`NAME=value` words, or a mapping."""
    if isinstance(given, str):
        return dict(word.partition("=")[::2] for word in shlex.split(given))
    return {name: str(value) for name, value in given.items()} if isinstance(given, dict) else given


Mode = Literal["live", "batch"]
Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
Environment = Annotated[dict[str, str], BeforeValidator(_named)]


class Served(Block):
    """What the server of one model is given, in addition to what all are given."""

    arguments: Words = ()
    environment: Environment = Field(default_factory=dict)


class Servers(Served):
    """How vLLM's servers are started; see docs/vllm.md. Words may be written as a shell takes them.

    Args:
        command: what starts a server, looked up from the main checkout.
        arguments: of every server.
        environment: of every server.
        models: of one server, by the name of its model.
        together: whether servers of several models fit this machine at once; else one is ended before the next is started.
    """

    command: Words = ("python", "-m", "vllm.entrypoints.openai.api_server")
    models: dict[str, Served] = Field(default_factory=dict)
    together: bool = False
    start: float = Field(900, gt=0, description="seconds a start may take")
    idle: float = Field(600, gt=0, description="seconds after its last use that a server ends")


class Ray(Block):
    """How `runtime: ray` generates; see docs/cluster.md.

    Args:
        address: of a cluster, `host:port`, `auto` or `ray://host:port`; without one, each stage starts a Ray on this machine.
        replicas: workers that share the requests to a model.
        roles: workers of a role, in place of `replicas`.
        cpus: what each worker reserves on a cluster.
        gpus: what each worker reserves.
        variables: of the environment, for a cluster's workers; XLFORGE_* and those of `.env` are always given.
    """

    address: str | None = None
    replicas: int = Field(2, ge=1)
    roles: Annotated[dict[str, Annotated[int, Field(ge=1)]], BeforeValidator(_named)] = Field(default_factory=dict)
    cpus: int = Field(1, ge=1)
    gpus: int | None = Field(None, ge=0, description="by default 1 for a model that runs in process on cuda, else none")
    start: float = Field(300, gt=0, description="seconds in which every worker must have started")
    variables: Words = ()


class Execution(Block):
    """How a build is run; no output holds any of it.

    Every field may be set in the environment as XLFORGE_<FIELD>, which wins; see `xlforge.config.environment`.
    """

    endpoint: str | None = None
    endpoints: dict[str, str] = Field(default_factory=dict)
    key_header: str = Field("Authorization", description="of the key; for any other name it is sent without `Bearer`")
    concurrency: int = Field(64, ge=1)
    batch_size: int = Field(128, ge=1, description="rows in a forward pass of the transformers engine")
    timeout: float = Field(120, gt=0, description="seconds one request may take")
    max_retries: int = Field(6, ge=0, description="of one request, after 5xx, a lost connection or a broken response")
    max_failures: int = Field(20, ge=1, description="requests in a row without a response before the stage stops")
    give_up: int | None = Field(None, ge=1, description="builds after which a row without a response is rejected")
    device: str = "cpu"
    cache: str = Field("", description="database URL of the response cache; empty for SQLite in the main checkout")
    offline: bool = False
    servers: Servers = Servers()
    requests_per_minute: float | None = Field(None, gt=0, description="of one model in one role")
    tokens_per_minute: float | None = Field(None, gt=0, description="read and written, of one model in one role")
    limits: dict[str, Limit] = Field(default_factory=dict, description="of one role, in place of the two above")
    mode: Mode = Field("live", description="batch: an endpoint's hosted batches, at half the price")
    modes: dict[str, Mode] = Field(default_factory=dict, description="of one role, in place of `mode`")
    budget: str | None = Field(
        None, pattern=r"^[0-9][0-9_]*(\.[0-9]+)? (tokens|[A-Z]{3})$", description="`20 EUR` or `3_000_000 tokens`"
    )
    period: str | None = Field(None, description="the name under which a budget is counted; this dvc run by default")
    runtime: Literal["local", "ray"] = Field("local", description="ray: engines run on Ray workers")
    ray: Ray = Ray()

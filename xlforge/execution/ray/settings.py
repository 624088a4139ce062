"""`execution.ray` of params.yaml: where the workers are, and how many. No stage tracks it."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from xlforge.core.blocks import Block


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

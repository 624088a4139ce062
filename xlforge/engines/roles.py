"""A model in its role, as a pipeline's step takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlforge.core.params import Model, Sampling
from xlforge.engines.stored import StoredLLM

if TYPE_CHECKING:
    from xlforge.core.spine import Build


def llm(build: Build, role: str, sampling: Sampling, model: Model | None = None, logprobs: bool = False) -> StoredLLM:
    """The model that params.yaml names for a role, asked through the response store.

    role: `teacher`, `judge`, `translator` or `estimator`; it also names the endpoint and the key in the environment.
    model: its block, where a role has several models. logprobs: whether answers carry their log-probability.
    """
    return StoredLLM(
        role=role,
        spec=model or build.everything[role],
        sampling=sampling,
        logprobs=logprobs,
        execution=build.execution,
        ledger=str(build.folder / "usage.jsonl"),
        label=build.name,
    )

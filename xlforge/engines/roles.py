"""A model in its role, as a pipeline's step takes it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xlforge.core.params import Model, Sampling
from xlforge.engines.stored import StoredLLM

if TYPE_CHECKING:
    from xlforge.core.spine import Build


def llm(
    build: Build,
    role: str,
    sampling: Sampling,
    model: Model | None = None,
    *,
    logprobs: bool = False,
    choices: tuple[str, ...] = (),
) -> StoredLLM:
    """The model that params.yaml names for a role, asked through the response store.

    role: `teacher`, `judge`, `translator`, `estimator` or `answers`; it also names the endpoint and the key in the environment.
    model: its block, where a role has several models. logprobs: whether answers carry their log-probability. choices: the
    words that an answer is to be one of; its log-probability is then that of its share among them.
    """
    return StoredLLM(
        role=role,
        spec=model or build.everything[role],
        sampling=sampling,
        logprobs=logprobs,
        choices=choices,
        execution=build.execution,
        ledger=str(build.folder / "usage.jsonl"),
        label=build.name,
    )

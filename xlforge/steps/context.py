"""What a pipeline is given: its own parameters, and the models that params.yaml names for its roles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

from xlforge.config.execution import Execution
from xlforge.config.models import Model, Sampling
from xlforge.config.params import Config
from xlforge.steps.cached_llm import CachedLLM

P = TypeVar("P")


@dataclass(frozen=True)
class Context(Generic[P]):
    """One run of a stage, as its pipeline sees it.

    Args:
        stage: its name without the item.
        item: the language or name of a matrix stage.
        params: the stage's own block.
        config: all blocks.
        execution: resolved.
    """

    stage: str
    item: str | None
    params: P
    config: Config
    execution: Execution

    @property
    def name(self) -> str:
        """The stage as dvc names it: `selection@de`."""
        return f"{self.stage}@{self.item}" if self.item else self.stage

    @property
    def language(self) -> str:
        """The item of a stage that has one a language."""
        assert self.item is not None
        return self.item

    def llm(
        self,
        role: str,
        sampling: Sampling,
        model: Model | None = None,
        *,
        logprobs: bool = False,
        choices: tuple[str, ...] = (),
    ) -> CachedLLM:
        """The model of a role, for a step of ours or a stock distilabel task.

        Args:
            role: `teacher`, `judge`, `translator`, `estimator` or `answers`; it names endpoint and key in the environment.
            sampling: how responses are sampled.
            model: where a role has several models, which one.
            logprobs: whether responses carry their log-probability.
            choices: the words that a response is to be one of; its log-probability is then that of its share among them.
        """
        spec = model or self.config.role(role)
        if spec.engine == "seq2seq":
            spec = spec.between("en", self.language) if role == "translator" else spec.between(self.language, "en")
        return CachedLLM(
            role=role,
            spec=spec,
            sampling=sampling,
            logprobs=logprobs,
            choices=choices,
            stage=self.name,
            version=getattr(self.params, "version", ""),
            execution=self.execution,
        )

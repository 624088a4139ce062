"""A tiny model, and a way to ask it through the store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from xlforge.steps.stored import CachedLLM

from tests.engines import tiny
from xlforge.config.execution import Execution
from xlforge.config.models import Model, Sampling
from xlforge.models.revision import folder_digest


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """The tiny model, with the revision that its weights have."""
    folder = tiny.save(tmp_path_factory.mktemp("model"), tiny.config())
    return Model(model=str(folder), revision=folder_digest(folder))


@pytest.fixture
def llm(spec: Model, tmp_path: Path) -> Callable[..., CachedLLM]:
    """A loaded CachedLLM; what is not given is the tiny model, sampled, and a store in the test's own folder."""
    opened: list[CachedLLM] = []

    def make(
        *, store: str = "store", model: Model = spec, sampling: Sampling | None = None, **execution: object
    ) -> CachedLLM:
        made = CachedLLM(
            role="teacher",
            spec=model,
            sampling=sampling or Sampling(temperature=0.8, top_p=0.95, max_tokens=24),
            logprobs=True,
            execution=Execution(cache=f"sqlite:///{tmp_path}/{store}.sqlite", **execution),
            ledger=tmp_path / "ledger.jsonl",
            label="questions",
        )
        made.load()
        opened.append(made)
        return made

    yield make
    for made in opened:
        made.unload()

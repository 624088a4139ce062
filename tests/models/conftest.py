"""A tiny model, and a way to call it through the cache."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from tests.models import tiny
from tests.models.cached import Cached
from xlforge.config.execution import Execution
from xlforge.config.models import Model, Sampling
from xlforge.models.engine import Engine
from xlforge.models.revision import folder_digest
from xlforge.steps.cached_llm import CachedLLM


@pytest.fixture(scope="session", autouse=True)
def _one_thread() -> None:
    torch.set_num_threads(1)


@pytest.fixture(scope="session")
def spec(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """The tiny model, with the revision that its weights have."""
    folder = tiny.save(tmp_path_factory.mktemp("model"), tiny.config())
    return Model(model=str(folder), revision=folder_digest(folder))


@pytest.fixture
def llm(spec: Model, tmp_path: Path) -> Iterator[Callable[..., Cached]]:
    """A loaded model; by default the tiny model, sampled, and a cache in the test's own folder."""
    opened: list[Cached] = []

    def make(
        *,
        cache: str = "cache",
        model: Model = spec,
        sampling: Sampling | None = None,
        engine: Engine | None = None,
        logprobs: bool = True,
        **execution: object,
    ) -> Cached:
        described = CachedLLM(
            role="teacher",
            spec=model,
            sampling=sampling or Sampling(temperature=0.8, top_p=0.95, max_tokens=24),
            logprobs=logprobs,
            stage="questions",
            version="v1",
            execution=Execution(cache=f"sqlite:///{tmp_path}/{cache}.sqlite", **execution),
        )
        opened.append(Cached(described, engine))
        return opened[-1]

    yield make
    for made in opened:
        made.close()

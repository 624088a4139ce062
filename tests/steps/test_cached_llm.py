"""The LLM of every task: what the cache holds is never generated again, and no response is lost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.models.cached import Cached
from xlforge.config.models import Model, Sampling
from xlforge.models.engine import EngineError, Sink
from xlforge.requests.request import Request
from xlforge.requests.response import Response
from xlforge.steps.usage import Usage


class Parrot:
    """An engine that repeats the prompt, or fails where the prompt demands it; it records its requests."""

    def __init__(self) -> None:
        self.requests: list[Request] = []

    @property
    def prompts(self) -> list[str]:
        return [request.messages[-1][1] for request in self.requests]

    def generate(self, requests: Sequence[Request], sink: Sink) -> None:
        for request in requests:
            self.requests.append(request)
            text = request.messages[-1][1]
            if text.startswith("fail"):
                sink.fail(request, "HTTP 500")
            else:
                sink.put([(request, Response(f"{text}/{request.candidate}/{request.attempt}", "stop", 3, 2, -1.5))])

    def close(self) -> None: ...


Make = Callable[..., tuple[Cached, Parrot]]


@pytest.fixture
def parrot(llm: Callable[..., Cached]) -> Make:
    def make(**options: object) -> tuple[Cached, Parrot]:
        engine = Parrot()
        return llm(engine=engine, **options), engine

    return make


def test_a_stock_task_gets_a_list_entry_for_each_candidate(parrot: Make) -> None:
    model, _ = parrot()
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "a"}]
    assert model.llm.generate([messages], num_generations=2) == [
        {"generations": ["a/0/0", "a/1/0"], "statistics": {"input_tokens": [3, 3], "output_tokens": [2, 2]}}
    ]


def test_only_what_the_cache_lacks_is_generated_and_equal_requests_once(parrot: Make) -> None:
    model, engine = parrot()
    model.responses(["a", "b", "a"])
    assert len(engine.requests) == 2
    again, other = parrot()
    assert again.texts(["a", "c", "b", "a"]) == ["a/0/0", "c/0/0", "b/0/0", "a/0/0"]
    assert other.prompts == ["c"]


@pytest.mark.parametrize(
    "change", [{"attempt": 1}, {"schema": {"type": "object"}}], ids=lambda change: next(iter(change))
)
def test_what_can_change_a_response_is_generated_again(parrot: Make, change: dict[str, Any]) -> None:
    model, engine = parrot()
    model.responses(["a"])
    model.responses(["a"], **change)
    assert len(engine.requests) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"model": Model(model="other", engine="openai")},
        {"sampling": Sampling(temperature=0.8, top_p=0.95, max_tokens=25)},
        {"logprobs": False},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_model_or_sampling_is_generated_again(parrot: Make, change: dict[str, object]) -> None:
    parrot()[0].responses(["a"])
    model, engine = parrot(**change)
    model.responses(["a"])
    assert len(engine.requests) == 1


def test_how_a_build_runs_changes_no_key(parrot: Make) -> None:
    parrot()[0].responses(["a"])
    model, engine = parrot(endpoint="http://elsewhere/v1", concurrency=3, batch_size=1, timeout=9, max_retries=1)
    model.responses(["a"])
    assert engine.requests == []


def test_a_failed_request_has_a_reason_and_is_not_cached(parrot: Make) -> None:
    model, _ = parrot()
    assert model.finish(["fail", "a"]) == ["unanswered: HTTP 500", "stop"]
    again, engine = parrot()
    again.replies(["fail", "a"])
    assert engine.prompts == ["fail"]


def test_too_many_failures_over_several_batches_stop_the_stage_and_responses_are_cached(parrot: Make) -> None:
    model, _ = parrot(max_failures=3)
    model.replies(["fail 1", "fail 2", "a", "fail 3", "fail 4"])
    with pytest.raises(EngineError, match=r"^3 requests in a row got no response.*HTTP 500.*XLFORGE_MAX_FAILURES"):
        model.replies(["fail 5", "b"])
    again, engine = parrot(offline=True)
    assert again.texts(["a"]) == ["a/0/0"]
    assert engine.requests == []


def test_usage_counts_calls_and_hits_apart(parrot: Make) -> None:
    model, _ = parrot()
    model.replies(["a", "b", "fail"])
    assert model.usage == Usage(calls=2, tokens_in=6, tokens_out=4)
    model.replies(["a", "b", "c"])
    assert model.usage == Usage(calls=3, hits=2, tokens_in=9, tokens_out=6, hits_tokens_in=6, hits_tokens_out=4)


def test_distilabels_dump_holds_nothing_of_how_it_runs(llm: Callable[..., Cached]) -> None:
    assert "secret-host" not in str(llm(endpoint="http://secret-host/v1").llm.dump())


def test_a_build_from_the_cache_imports_no_torch(spec: Model, llm: Callable[..., Cached], tmp_path: Path) -> None:
    llm().responses(["a"])
    code = f"""
import sys
from tests.models.cached import Cached
from xlforge.config.models import Model, Sampling
from xlforge.config.execution import Execution
from xlforge.steps.cached_llm import CachedLLM
model = Cached(CachedLLM(role="teacher", spec=Model(model={spec.model!r}, revision={spec.revision!r}), logprobs=True,
    sampling=Sampling(temperature=0.8, top_p=0.95, max_tokens=24), execution=Execution(cache="sqlite:///{tmp_path}/cache.sqlite")))
assert model.responses(["a"])
assert not {{"torch", "transformers", "aiohttp"}} & set(sys.modules), "imported for nothing"
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)

"""The LLM of every task: what the store holds is never asked for again, and what is bought is never lost."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest
from distilabel.models.llms.base import LLM
from xlforge.steps.stored import CachedLLM

from xlforge.config.models import Model, Sampling
from xlforge.models.engine import EngineError, Sink
from xlforge.requests.request import Request
from xlforge.requests.response import Response


class Parrot:
    """An engine that repeats the question, or fails where the question says so; it counts what it is asked."""

    def __init__(self) -> None:
        self.asked: list[Request] = []

    def generate(self, requests: Sequence[Request], sink: Sink) -> None:
        for request in requests:
            self.asked.append(request)
            text = request.messages[-1][1]
            if text.startswith("fail"):
                sink.fail(request, "HTTP 500")
            else:
                sink.put([(request, Response(f"{text}/{request.candidate}/{request.attempt}", "stop", 3, 2, -1.5))])

    def close(self) -> None: ...


class Fragile(LLM):
    """A class of somebody else's: one bad input spoils its whole batch."""

    model: str

    @property
    def model_name(self) -> str:
        return self.model

    def generate(self, inputs: list[Any], num_generations: int = 1, max_new_tokens: int = 8) -> list[dict[str, Any]]:
        if any("fail" in messages[0]["content"] for messages in inputs):
            raise OSError("http://user:secret@host")
        texts = [messages[0]["content"].upper() for messages in inputs]
        used = [{"input_tokens": [2], "output_tokens": [min(len(text), max_new_tokens)]} for text in texts]
        return [{"generations": [text or None], "statistics": stats} for text, stats in zip(texts, used, strict=True)]


def test_a_foreign_class_that_fails_on_one_row_fails_that_row_alone(llm: Callable[..., CachedLLM]) -> None:
    foreign = Model(engine=f"{__name__}.Fragile", model="m")
    rows = llm(model=foreign, concurrency=3).generate(["a", "fail", "b" * 99, "", "c"])
    assert [row["generations"][0] for row in rows] == ["A", None, "B" * 99, None, "C"]
    reasons = ["stop", "error: OSError", "length", "error: the reply holds no text", "stop"]
    assert [row["finish_reason"][0] for row in rows] == reasons


@pytest.fixture
def parrot(llm: Callable[..., CachedLLM]) -> Callable[..., tuple[CachedLLM, Parrot]]:
    def make(**options: object) -> tuple[CachedLLM, Parrot]:
        made, engine = llm(**options), Parrot()
        made._engine = engine
        return made, engine

    return make


def test_an_output_has_a_list_entry_for_each_candidate(parrot: Callable[..., tuple[CachedLLM, Parrot]]) -> None:
    model, _ = parrot()
    messages = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "a"}]
    assert model.generate([messages], num_generations=2, candidates=[4]) == [
        {
            "generations": ["a/4/0", "a/5/0"],
            "statistics": {"input_tokens": [3, 3], "output_tokens": [2, 2]},
            "finish_reason": ["stop", "stop"],
            "logprob": [-1.5, -1.5],
        }
    ]


def test_only_what_the_store_lacks_is_asked_and_equal_requests_once(
    parrot: Callable[..., tuple[CachedLLM, Parrot]],
) -> None:
    model, engine = parrot()
    model.generate(["a", "b", "a"])
    assert len(engine.asked) == 2
    again, other = parrot()
    texts = [row["generations"][0] for row in again.generate(["a", "c", "b", "a"])]
    assert texts == ["a/0/0", "c/0/0", "b/0/0", "a/0/0"]
    assert [request.messages[0][1] for request in other.asked] == ["c"]


@pytest.mark.parametrize(
    "change",
    [
        {"attempt": 1},
        {"schema": {"type": "object"}},
        {"candidates": [1]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_what_changes_an_answer_is_bought_anew(
    parrot: Callable[..., tuple[CachedLLM, Parrot]], change: dict[str, object]
) -> None:
    model, engine = parrot()
    model.generate(["a"])
    model.generate(["a"], **change)
    assert len(engine.asked) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"model": Model(model="other", engine="openai")},
        {"sampling": Sampling(temperature=0.8, top_p=0.95, max_tokens=25)},
    ],
    ids=lambda change: next(iter(change)),
)
def test_another_model_or_sampling_is_bought_anew(
    parrot: Callable[..., tuple[CachedLLM, Parrot]], change: dict[str, object]
) -> None:
    parrot()[0].generate(["a"])
    model, engine = parrot(**change)
    model.generate(["a"])
    assert len(engine.asked) == 1


def test_how_a_build_runs_buys_nothing_anew(parrot: Callable[..., tuple[CachedLLM, Parrot]]) -> None:
    parrot()[0].generate(["a"])
    model, engine = parrot(endpoint="http://elsewhere/v1", concurrency=3, batch=1, timeout=9, retries=1)
    model.generate(["a"])
    assert engine.asked == []


def test_a_failed_request_is_none_with_the_reason_and_is_not_stored(
    parrot: Callable[..., tuple[CachedLLM, Parrot]],
) -> None:
    model, _ = parrot()
    bad, good = model.generate(["fail", "a"])
    assert (bad["generations"], bad["finish_reason"]) == ([None], ["error: HTTP 500"])
    assert good["generations"] == ["a/0/0"]
    again, engine = parrot()
    again.generate(["fail", "a"])
    assert [request.messages[0][1] for request in engine.asked] == ["fail"]


def test_too_many_failures_end_it_over_several_batches_with_all_bought_kept(
    parrot: Callable[..., tuple[CachedLLM, Parrot]],
) -> None:
    model, _ = parrot(failures=3)
    model.generate(["fail 1", "a", "fail 2"])
    with pytest.raises(EngineError, match=r"questions: 3 requests failed for good.*HTTP 500.*XLFORGE_FAILURES"):
        model.generate(["b", "fail 3", "c"])
    again, engine = parrot(offline=True)
    assert [row["generations"][0] for row in again.generate(["a", "b"])] == ["a/0/0", "b/0/0"]
    assert engine.asked == []


def test_offline_names_the_first_row_that_is_missing(parrot: Callable[..., tuple[CachedLLM, Parrot]]) -> None:
    parrot()[0].generate(["a"])
    model, _ = parrot(offline=True)
    with pytest.raises(EngineError, match=r"questions: offline.*lacks 2 of the answers.*row seed-2.*XLFORGE_OFFLINE"):
        model.generate(["a", "b", "c"], ids=["seed-1", "seed-2", "seed-3"])


def test_the_ledger_tells_what_was_bought_apart_from_what_was_found(
    parrot: Callable[..., tuple[CachedLLM, Parrot]], tmp_path: Path
) -> None:
    model, _ = parrot()
    model.generate(["a", "b", "fail"])
    model.generate(["a", "b", "c"])
    lines = [orjson.loads(line) for line in (tmp_path / "ledger.jsonl").read_bytes().splitlines()]
    counts = ("role", "calls", "hits", "failures", "tokens_in", "tokens_out", "hits_tokens_in", "hits_tokens_out")
    assert [[line[name] for name in counts] for line in lines] == [
        ["teacher", 2, 0, 1, 6, 4, 0, 0],
        ["teacher", 1, 2, 0, 3, 2, 6, 4],
    ]


def test_nothing_of_how_it_runs_is_in_distilabels_dump(llm: Callable[..., CachedLLM]) -> None:
    dump = str(llm(endpoint="http://secret-host/v1").dump())
    assert "secret-host" not in dump
    assert "ledger" not in dump


def test_a_build_from_the_store_loads_no_torch(spec: Model, llm: Callable[..., CachedLLM], tmp_path: Path) -> None:
    llm().generate(["a"])
    code = f"""
import sys
from pathlib import Path
from typing import Any
from xlforge.config.models import Model, Sampling
from xlforge.config.execution import Execution
from xlforge.steps.stored import CachedLLM
model = CachedLLM(role="teacher", spec=Model(model={spec.model!r}, revision={spec.revision!r}), logprobs=True,
    sampling=Sampling(temperature=0.8, top_p=0.95, max_tokens=24), execution=Execution(cache="sqlite:///{tmp_path}/cache.sqlite"))
model.load()
assert model.generate(["a"])[0]["generations"][0] is not None
assert not {{"torch", "transformers", "aiohttp"}} & set(sys.modules), "loaded for nothing"
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True)


def test_an_unknown_engine_is_told(llm: Callable[..., CachedLLM]) -> None:
    for name in ("nowhere.Nothing", "vlm", "json.JSONDecoder"):
        with pytest.raises(EngineError, match=rf"engine.*{name}.*params\.yaml"):
            llm(model=Model(engine=name, model="m")).generate(["a"])

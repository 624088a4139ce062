"""distilabel's own LLM classes as engines: cached, budgeted, one call a request, and nothing dropped in silence."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import pytest
from distilabel.models.llms.base import LLM, AsyncLLM

from tests.models.cached import Cached
from tests.models.endpoint import cache_of, held, questions
from tests.models.sinks import ListSink
from tests.server import Server
from xlforge.config.execution import Execution
from xlforge.config.models import Model, Sampling
from xlforge.models.budget import Account, OverBudget
from xlforge.models.distilabel import DistilabelEngine
from xlforge.models.engine import EngineError
from xlforge.requests.request import Request

LETTERS = ("A", "B")


def shout(messages: list[dict[str, str]], seed: int) -> str:
    """The responses of the tests' server."""
    return messages[-1]["content"].upper()


class Fragile(LLM):
    """A class without asynchronous calls that fails on some texts."""

    model: str
    calls: ClassVar[list[int]] = []

    @property
    def model_name(self) -> str:
        return self.model

    def generate(self, inputs: list[Any], num_generations: int = 1, max_new_tokens: int = 8) -> list[dict[str, Any]]:
        self.calls.append(len(inputs))
        if any("fail" in messages[0]["content"] for messages in inputs):
            raise OSError("http://user:secret@host")
        texts = [messages[0]["content"].upper() for messages in inputs]
        used = [{"input_tokens": [2], "output_tokens": [min(len(text), max_new_tokens)]} for text in texts]
        return [{"generations": [text or None], "statistics": stats} for text, stats in zip(texts, used, strict=True)]


class Paid(AsyncLLM):
    """An asynchronous class that costs 15 tokens a call, and fails on every third after it has taken them."""

    model: str
    calls: ClassVar[list[str]] = []
    now: ClassVar[list[int]] = [0, 0]

    @property
    def model_name(self) -> str:
        return self.model

    async def agenerate(self, input: list[Any], num_generations: int = 1, temperature: float = 1.0) -> dict[str, Any]:
        self.calls.append(input[0]["content"])
        self.now[0] += 1
        self.now[1] = max(self.now)
        number = len(self.calls)
        await asyncio.sleep(0.01)
        self.now[0] -= 1
        if number % 3 == 0:
            raise TimeoutError
        return {"generations": ["text"], "statistics": {"input_tokens": [10], "output_tokens": [5]}}


@pytest.fixture(autouse=True)
def _fresh() -> None:
    Fragile.calls.clear()
    Paid.calls.clear()
    Paid.now[:] = [0, 0]


def test_responses_are_cached(llm: Callable[..., Cached], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XLFORGE_API_KEY", "any")
    with Server(answer="tests.models.test_distilabel:shout") as server:
        spec = Model(engine="distilabel.models.llms.OpenAILLM", model="any")
        model = llm(model=spec, endpoint=server.url, sampling=Sampling(temperature=0.5, max_tokens=7))
        assert model.texts(["a", "b"]) == ["A", "B"]
        assert {(body["temperature"], body["max_tokens"]) for body in server.requests()} == {(0.5, 7)}
        assert model.texts(["b"]) == ["B"]
        assert server.counts()["received"] == 2


def test_a_call_that_fails_fails_its_own_row_and_nothing_is_sent_twice(llm: Callable[..., Cached]) -> None:
    model = llm(model=Model(engine=f"{__name__}.Fragile", model="m"), concurrency=3)
    rows = ["a", "fail", "b" * 99, "", "c"]
    assert model.finish(rows) == [
        "stop",
        "unanswered: OSError",
        "length",
        "unanswered: the response has no text",
        "stop",
    ]
    assert Fragile.calls == [1] * 5


def test_the_budget_holds_where_calls_fail(tmp_path: Path) -> None:
    """A call that failed may be billed: it counts in full, and is not sent again."""
    run = Execution(cache=cache_of(tmp_path), concurrency=4, budget="2000 tokens", period="p", max_failures=99)
    engine, wanted, sink = (
        DistilabelEngine(Model(engine=f"{__name__}.Paid", model="m"), "teacher", run),
        questions(200),
        ListSink(),
    )
    with pytest.raises(OverBudget, match=r"Left of this step: \d+ responses"):
        engine.generate(wanted, sink)
    engine.close()
    most = len(wanted[0].canonical) + 64 + 40
    spent = Account(cache_of(tmp_path), "p", "tokens").amount()
    assert 2000 - most <= spent <= 2000
    assert spent >= 15 * len(sink.completed) + (most - 10) * len(sink.failed)
    assert len(Paid.calls) == len(set(Paid.calls)) == len(sink.completed) + len(sink.failed)
    assert 1 < Paid.now[1] <= 4


def test_without_a_budget_nothing_is_counted(llm: Callable[..., Cached], tmp_path: Path) -> None:
    wanted = questions(2)
    model = llm(model=Model(engine=f"{__name__}.Paid", model="m"))
    assert model.texts([request.messages[0][1] for request in wanted]) == ["text", "text"]
    assert not held(tmp_path, wanted), "they are cached under the key of their own engine"


def engine_and(**fields: Any) -> tuple[DistilabelEngine, Request]:
    engine = DistilabelEngine(Model(engine=f"{__name__}.Fragile", model="m"), "judge", Execution())
    return engine, Request("e", "m", None, (("user", "a"),), **fields)


def test_choices_are_refused_before_the_first_call() -> None:
    engine, request = engine_and(choices=LETTERS, logprobs=True)
    with pytest.raises(EngineError, match=r"no probabilities of choices.*the judge.*verdicts\.logprobs to false"):
        engine.generate([request], ListSink())
    assert not Fragile.calls


@pytest.mark.parametrize(
    ("fields", "reported"),
    [({"schema": {"type": "object"}}, "takes no response schema"), ({"logprobs": True}, "gives no log-probabilities")],
    ids=["schema", "logprobs"],
)
def test_what_the_class_does_not_take_is_reported_once(
    fields: dict[str, Any], reported: str, capsys: pytest.CaptureFixture[str]
) -> None:
    engine, request = engine_and(**fields)
    engine.generate([request], ListSink())
    engine.generate([request], ListSink())
    assert capsys.readouterr().err.count(reported) == 1


def test_a_class_that_cannot_be_loaded_is_an_error_without_its_message(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(self: Fragile) -> None:
        raise ValueError("the key sk-planted is wrong")

    monkeypatch.setattr(Fragile, "load", load)
    with pytest.raises(EngineError, match=r"Fragile cannot be loaded for m \(ValueError\)") as error:
        DistilabelEngine(Model(engine=f"{__name__}.Fragile", model="m"), "judge", Execution())
    assert "planted" not in str(error.value)


def test_an_unknown_engine_is_an_error(llm: Callable[..., Cached]) -> None:
    for name in ("nowhere.Nothing", "vlm", "json.JSONDecoder"):
        with pytest.raises(EngineError, match=rf"engine.*{name}.*params\.yaml"):
            llm(model=Model(engine=name, model="m")).replies(["a"])

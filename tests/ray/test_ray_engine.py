"""The engine of `runtime: ray`: which requests its workers share, and what happens to them when a worker dies."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.server import HOSTILE, Fault, Server
from xlforge.config.execution import Execution, Limit, Ray
from xlforge.config.models import Model
from xlforge.models.engine import Engine, EngineError
from xlforge.models.engines import open_engine
from xlforge.models.ray.cluster import connect
from xlforge.models.ray.engine import RayEngine, share
from xlforge.requests.request import Request
from xlforge.requests.response import Completed, Response

MORTAL = Model(engine="tests.ray.llms.Mortal", model="mortal")
SERVED = Model(engine="openai", model="served")


class Sink:
    """Keeps what is reported; fails for good at the first failure where `strict`."""

    def __init__(self, strict: bool = False) -> None:
        self.texts: list[str] = []
        self.failed: list[tuple[str, str]] = []
        self._strict = strict

    def put(self, completed: Sequence[Completed]) -> Future[list[Response]]:
        self.texts += [response.text for _, response in completed]
        commit: Future[list[Response]] = Future()
        commit.set_result([response for _, response in completed])
        return commit

    def fail(self, request: Request, reason: str, message: str = "") -> None:
        self.failed.append((request.key, reason))
        if self._strict:
            raise EngineError(f"too many failures: {reason}")


def requests(texts: Sequence[str]) -> list[Request]:
    return [Request("any", "any", None, (("user", text),)) for text in texts]


def test_workers_share_what_one_process_may_do() -> None:
    whole = Execution(
        concurrency=64, requests_per_minute=90, limits={"judge": Limit(tokens=9000)}, budget="5 EUR", runtime="ray",
        cache="postgresql+psycopg://me:secret@db/responses",
    )  # fmt: skip
    part = share(whole, 3)
    assert part.concurrency * 3 <= 64
    assert part.requests_per_minute == 30
    assert part.tokens_per_minute is None
    assert part.limits == {"judge": Limit(tokens=3000)}
    assert share(whole, 100).concurrency == 1
    assert part.budget == "5 EUR"
    assert (part.runtime, part.cache) == ("local", "")


@pytest.mark.parametrize(
    ("engine", "how", "shared"),
    [
        ("openai", {}, True),
        ("transformers", {}, True),
        ("tests.ray.llms.Mortal", {"mode": "batch"}, True),
        ("openai", {"mode": "batch"}, False),
        ("openai", {"mode": "batch", "modes": {"teacher": "live"}}, True),
        ("openai", {"modes": {"teacher": "batch"}}, False),
        ("vllm", {}, False),
        ("vllm", {"endpoint": "http://127.0.0.1:9/v1"}, False),
    ],
    ids=["endpoint", "in process", "another LLM", "batches", "batches of others", "its batches", "own server", "none at the endpoint"],
)  # fmt: skip
def test_hosted_batches_and_our_own_servers_stay_in_one_process(
    engine: str, how: dict[str, Any], shared: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(RayEngine, "__init__", lambda self, spec, role, execution: opened.append(role))
    for module, name in (("openai", "OpenAIEngine"), ("vllm", "VllmEngine")):
        monkeypatch.setattr(f"xlforge.models.{module}.engine.{name}", lambda *_: "local")
    execution = Execution.model_validate({"runtime": "ray", "endpoint": "http://127.0.0.1:9/v1"} | how)
    open_engine(Model(engine=engine, model="any"), "teacher", execution)
    assert opened == ["teacher"] * shared


@pytest.fixture(scope="module")
def on_ray(with_ray: None) -> Iterator[Execution]:
    """Settings of three workers; Ray ends with the tests of this module."""
    before = dict(os.environ)
    execution = Execution(runtime="ray", concurrency=6, ray=Ray(replicas=3))
    yield execution
    connect(None, execution.ray.replicas).shutdown()
    connect.cache_clear()
    os.environ.clear()
    os.environ.update(before)


@contextmanager
def opened(spec: Model, execution: Execution) -> Iterator[Engine]:
    engine = open_engine(spec, "teacher", execution)
    try:
        yield engine
    finally:
        engine.close()


@pytest.mark.slow
def test_each_request_is_generated_once_whatever_its_text(on_ray: Execution) -> None:
    texts = [f"prompt {number}" for number in range(40)] + [""]
    sink = Sink()
    with Server(answer="tests.ray.llms:echo", faults=[Fault("surrogates", contains="no UTF-8")]) as server:
        endpoint = on_ray.model_copy(update={"endpoint": server.url})
        with opened(SERVED, endpoint) as engine:
            engine.generate(requests([*texts, "no UTF-8"]), sink)
            assert sorted(sink.texts) == sorted([*texts, HOSTILE["surrogates"]])
            engine.generate(requests(["another"]), sink)
        assert sink.texts[-1] == "another"
        assert not sink.failed
        assert server.counts()["received"] == len(texts) + 2


@pytest.mark.slow
def test_requests_of_a_worker_that_dies_go_to_a_new_one(
    on_ray: Execution, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = [f"prompt {number}" for number in range(30)] + [f"die once {tmp_path / 'died'}"]
    sink = Sink()
    with opened(MORTAL, on_ray) as engine:
        engine.generate(requests(texts), sink)
    assert sorted(sink.texts) == sorted(texts)
    assert capsys.readouterr().err.count("a Ray worker has died") == 1


@pytest.mark.slow
def test_a_request_that_kills_every_worker_ends_the_build_and_the_others_are_kept(on_ray: Execution) -> None:
    texts = [f"prompt {number}" for number in range(8)]
    sink = Sink()
    with opened(MORTAL, on_ray) as engine, pytest.raises(EngineError, match="died 3 times with the same requests"):
        engine.generate(requests(["die", *texts]), sink)
    assert len(sink.texts) >= 6


@pytest.mark.slow
def test_what_is_in_flight_when_the_build_gives_up_is_kept(on_ray: Execution) -> None:
    sink = Sink(strict=True)
    with Server(latency=0.4, slots=6, faults=[Fault("400", contains="refuse this")]) as server:
        endpoint = on_ray.model_copy(update={"endpoint": server.url})
        texts = [f"prompt {number}" for number in range(10)] + ["refuse this"]
        texts += [f"prompt {number}" for number in range(10, 60)]
        with opened(SERVED, endpoint) as engine, pytest.raises(EngineError, match="too many failures"):
            engine.generate(requests(texts), sink)
        assert len(sink.texts) == server.counts()["answered"]
    assert 0 < len(sink.texts) < 60
    assert len(sink.failed) == 1

"""The OpenAI engine against a real server that answers well, late, badly, or not at all."""

from __future__ import annotations

import base64
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.models.cached import Cached
from tests.server import BROKEN, HOSTILE, Fault, Server
from xlforge.config.models import Model
from xlforge.models.engine import EngineError
from xlforge.models.openai import live

MODEL = Model(engine="openai", model="any", revision="1")
MANY = [f"Write the question that the text answers.\n<text>\nMill {n} is old.\n</text>" for n in range(400)]
QUESTIONS = MANY[:120]
LATE = (10, 130, 277, 399)
Make = Callable[..., Cached]
Serve = Callable[..., tuple[Cached, Server]]


@pytest.fixture
def served(llm: Make) -> Iterator[Serve]:
    """A model at a server with the given faults."""
    running: list[Server] = []

    def make(*faults: Fault, server: dict[str, object] | None = None, **execution: object) -> tuple[Cached, Server]:
        started = Server(faults=list(faults), **(server or {})).__enter__()
        running.append(started)
        return llm(model=MODEL, endpoint=started.url, **{"max_retries": 3, "timeout": 5, **execution}), started

    yield make
    for started in running:
        started.__exit__()


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_FIRST_WAIT", 0.01)


def test_every_request_is_sent_once_and_responses_come_back_in_order(served: Serve) -> None:
    model, server = served()
    rows = model.responses(QUESTIONS, candidates=2)
    assert [[r.text for r in row] for row in rows] == [
        [f"What is known about Mill {n} is old?"] * 2 for n in range(120)
    ]
    assert all((r.logprob or 0) < 0 and r.tokens_out == 8 for row in rows for r in row)
    counts = server.counts()
    assert (counts["received"], counts["answered"], counts["repeated"]) == (240, 240, 0)


def test_a_request_carries_all_that_decides_its_response(served: Serve) -> None:
    model, server = served()
    schema = {"type": "object", "properties": {"grade": {"type": "integer"}}}
    model.responses(["What?", "NUL \x00 and \ud800."], candidates=2, schema=schema)
    bodies = server.requests()
    first = bodies[0]
    assert first["model"] == "any"
    assert first["messages"] == [{"role": "user", "content": "What?"}]
    assert (first["temperature"], first["top_p"], first["max_tokens"], first["logprobs"]) == (0.8, 0.95, 24, True)
    assert first["response_format"]["json_schema"]["schema"] == schema
    assert len({body["seed"] for body in bodies}) == 4
    assert bodies[-1]["messages"][0]["content"] == "NUL \x00 and \ufffd."


@pytest.mark.parametrize("kind", ["429", "500", "503", "408", *(kind for kind in BROKEN if kind != "endless")])
def test_transient_errors_are_retried(served: Serve, kind: str) -> None:
    model, server = served(Fault(kind, share=0.3, tries=2))
    assert model.finish(QUESTIONS) == ["stop"] * 120
    counts = server.counts()
    assert counts["statuses"][kind] > 20
    assert counts["received"] == 120 + counts["statuses"][kind]
    assert counts["repeated"] == 0


def test_a_request_whose_response_is_late_is_sent_again(served: Serve) -> None:
    model, server = served(Fault("late", contains="Mill 7 ", seconds=30, tries=1), timeout=0.5)
    assert model.texts(QUESTIONS[:20])[7] == "What is known about Mill 7 is old?"
    assert server.counts()["received"] == 21


@pytest.mark.parametrize(
    ("kind", "reason", "tries"),
    [
        ("500", "HTTP 500", 4),
        ("400", "HTTP 400", 1),
        ("422", "HTTP 422", 1),
        ("null", "the response has no text", 4),
        ("shape", "the response is not a chat completion", 4),
        ("no json", "the response is not valid JSON", 4),
        ("cut", "the connection was lost", 4),
        ("endless", "the response is longer than 8 MB", 1),
    ],
)
def test_a_permanent_error_fails_its_own_row(served: Serve, kind: str, reason: str, tries: int) -> None:
    model, server = served(Fault(kind, contains="Mill 7 "))
    assert model.finish(QUESTIONS[:20]) == [f"unanswered: {reason}" if number == 7 else "stop" for number in range(20)]
    assert server.counts()["statuses"] == {kind: tries}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_text_comes_back_as_it_was_sent(served: Serve, kind: str) -> None:
    model, _ = served(Fault(kind, contains="Mill 7 "))
    text = model.texts(QUESTIONS[:10])[7]
    assert text == HOSTILE[kind]
    assert model.texts(QUESTIONS[7:8]) == [text]


def test_retry_after_is_waited_for(served: Serve) -> None:
    model, _ = served(Fault("429", tries=1, seconds=1.2))
    start = time.monotonic()
    model.replies(QUESTIONS[:5])
    assert 1.2 <= time.monotonic() - start < 4


def test_concurrency_is_bounded_and_used(served: Serve) -> None:
    model, server = served(server={"latency": 0.1}, concurrency=8)
    model.replies(QUESTIONS[:60])
    assert server.counts()["most"] == 8


def test_one_slow_row_in_a_hundred_holds_up_no_other(served: Serve) -> None:
    """Four slow rows of four hundred occupy four slots of 32; if they held up others, those would be answered after them."""
    slow = [Fault("late", contains=f"Mill {number} is", seconds=8) for number in LATE]
    model, server = served(*slow, server={"latency": 0.02}, concurrency=32, timeout=60)
    work = threading.Thread(target=model.responses, args=(MANY,))
    work.start()
    while (counts := server.counts())["answered"] < len(MANY) - len(LATE):
        time.sleep(0.02)
    assert counts["statuses"] == {"late": len(LATE)}
    assert work.is_alive()
    work.join()


def test_one_slow_row_holds_up_no_other(served: Serve) -> None:
    model, server = served(Fault("late", contains="Mill 0 ", seconds=5), concurrency=2, timeout=30)
    build = threading.Thread(target=model.responses, args=(QUESTIONS,))
    build.start()
    while server.counts()["answered"] < 119:
        time.sleep(0.02)
    assert server.counts()["answered"] == 119
    assert build.is_alive()
    build.join()


@pytest.mark.parametrize(
    ("status", "message"), [("404", "no model any"), ("401", "XLFORGE_API_KEY"), ("403", "XLFORGE_API_KEY")]
)
def test_what_concerns_every_row_stops_the_build_at_once(served: Serve, status: str, message: str) -> None:
    model, server = served(Fault(status, contains="Mill 50 "), concurrency=4)
    with pytest.raises(EngineError, match=message):
        model.replies(QUESTIONS)
    assert server.counts()["received"] < 120


def test_too_many_failures_stop_the_build_and_responses_are_cached(
    served: Serve,
) -> None:
    faults = [Fault("400", contains=f"Mill {number} ") for number in range(40, 120)]
    model, server = served(*faults, max_failures=5, concurrency=4)
    with pytest.raises(
        EngineError, match=r"5 requests in a row got no response.*HTTP 400 \(as ordered by the plan of faults\)"
    ):
        model.replies(QUESTIONS)
    assert server.counts()["received"] < 60
    with pytest.raises(EngineError):
        model.replies(QUESTIONS)
    assert server.counts()["repeated"] == 0


def test_failures_between_responses_do_not_stop_the_build(served: Serve) -> None:
    model, server = served(Fault("400", share=0.3), max_failures=20, concurrency=4)
    finish = model.finish(QUESTIONS)
    assert 20 < finish.count("unanswered: HTTP 400") < 60
    assert server.counts()["answered"] == finish.count("stop")


def test_a_build_continues_with_a_server_that_comes_back(served: Serve) -> None:
    model, first = served(server={"latency": 0.05}, max_retries=1, concurrency=4)
    finish: list[str] = []
    work = threading.Thread(target=lambda: finish.extend(model.finish(QUESTIONS)))
    work.start()
    while (answered := first.counts()["answered"]) < 20:
        time.sleep(0.01)
    first.process.kill()
    first.process.wait()
    time.sleep(1)
    with Server(port=first.port) as second:
        work.join()
        assert second.counts()["received"] <= 120 - answered + 4
    assert finish == ["stop"] * 120


def test_a_server_that_takes_no_requests_uses_up_no_retries(served: Serve) -> None:
    model, server = served(Fault("503", share=0.3, tries=4), Fault("502", share=0.3, tries=4), max_retries=0)
    assert model.finish(QUESTIONS) == ["stop"] * 120
    counts = server.counts()
    assert counts["received"] == 120 + counts["statuses"]["503"] + counts["statuses"]["502"]


def test_a_server_that_stays_away_stops_the_build_and_fails_no_row(
    served: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live, "_PATIENCE", 1.0)
    model, server = served(server={"latency": 0.05}, max_retries=0, max_failures=1000, concurrency=4)
    model.replies(QUESTIONS[:4])
    server.process.kill()
    server.process.wait()
    with pytest.raises(EngineError, match=r"has accepted no connection for 1 s: .* run again"):
        model.replies(QUESTIONS)


def test_a_killed_build_repeats_at_most_what_was_in_flight(served: Serve, tmp_path: Path) -> None:
    model, server = served(server={"latency": 0.05})
    code = f"""
from tests.models.test_openai import *
from xlforge.config.execution import Execution
from xlforge.config.models import Sampling
from xlforge.steps.cached_llm import CachedLLM
model = Cached(CachedLLM(role="teacher", spec=MODEL, sampling=Sampling(temperature=0.8, top_p=0.95, max_tokens=24), logprobs=True,
    execution=Execution(cache="sqlite:///{tmp_path}/cache.sqlite", endpoint="{server.url}", concurrency=6)))
print("loaded", flush=True)
model.responses(QUESTIONS)
"""
    child = subprocess.Popen([sys.executable, "-W", "ignore", "-c", code], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None and child.stdout.readline() == "loaded\n"
    while server.counts()["answered"] < 60:
        time.sleep(0.01)
    child.kill()
    child.communicate()
    model.responses(QUESTIONS)
    counts = server.counts()
    assert counts["distinct"] == 120
    assert counts["received"] <= 120 + 6


def test_a_missing_endpoint_is_an_error_with_the_remedy(llm: Make) -> None:
    with pytest.raises(
        EngineError, match=r"no endpoint serves the teacher, any: set XLFORGE_ENDPOINT \(or XLFORGE_ENDPOINT_TEACHER"
    ):
        llm(model=MODEL).responses(["What?"])


def test_a_missing_server_is_an_error_with_the_remedy(llm: Make) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with pytest.raises(EngineError, match=r"no server answers at 127\.0\.0\.1 .*XLFORGE_ENDPOINT") as error:
        llm(model=MODEL, endpoint=f"http://user:secret@127.0.0.1:{port}/v1").responses(["What?"])
    assert "secret" not in str(error.value)


@pytest.mark.parametrize("role", ["", "_TEACHER"])
def test_the_key_is_read_from_the_environment(served: Serve, monkeypatch: pytest.MonkeyPatch, role: str) -> None:
    monkeypatch.setenv(f"XLFORGE_API_KEY{role}", "sk-planted-secret")
    model, _ = served(server={"key": "sk-planted-secret"})
    assert model.finish(QUESTIONS[:3]) == ["stop"] * 3


def test_a_wrong_key_stops_the_build_and_is_shown_nowhere(
    served: Serve, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("XLFORGE_API_KEY", "sk-planted-secret")
    model, _ = served(server={"key": "another"})
    with pytest.raises(EngineError, match="the API key is not accepted: set XLFORGE_API_KEY") as error:
        model.replies(QUESTIONS[:3])
    assert "planted" not in str(error.value)
    assert not [path for path in tmp_path.rglob("*") if path.is_file() and b"planted" in path.read_bytes()]


@pytest.mark.parametrize("user", ["", "me:planted-password@"], ids=["a key", "a password in the URL"])
def test_what_a_server_quotes_is_shown_without_key_and_endpoint(
    served: Serve, llm: Make, monkeypatch: pytest.MonkeyPatch, user: str
) -> None:
    monkeypatch.setenv("XLFORGE_API_KEY", "sk-planted-secret")
    _, server = served(Fault("quote"))
    url = f"http://{user}127.0.0.1:{server.port}/v1"
    with pytest.raises(EngineError, match=r"HTTP 400 \(.* may not ask this at …/chat/completions\)") as error:
        llm(model=MODEL, endpoint=url, max_failures=1).responses(["What?"])
    hidden = ("planted", str(server.port), base64.b64encode(b"me:planted-password").decode())
    assert not [each for each in hidden if each in str(error.value)]
    assert ("Basic …" if user else "Bearer …") in str(error.value)

"""Addresses, keys and request options as real endpoints want them; against a server that records what it gets."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.models.cached import Cached
from xlforge.config.models import Model
from xlforge.models.engine import EngineError
from xlforge.models.openai.truncation import Truncation
from xlforge.requests.request import Request

Make = Callable[..., Cached]
PLAIN = {"engine": "openai", "model": "any", "revision": "1"}


class Recorder:
    """An endpoint that records paths, headers and bodies. reply: (body) → (status, content, headers)."""

    def __init__(self) -> None:
        self.paths: list[str] = []
        self.headers: list[dict[str, str]] = []
        self.bodies: list[dict[str, Any]] = []
        self.reply: Callable[[dict[str, Any]], tuple[int, Any, dict[str, str]]] = lambda _: (200, completion(), {})
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self._answer(200, {"data": []}, {})

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                recorder.paths.append(self.path)
                recorder.headers.append(dict(self.headers))
                recorder.bodies.append(body)
                self._answer(*recorder.reply(body))

            def _answer(self, status: int, content: Any, headers: dict[str, str]) -> None:
                data = json.dumps(content).encode()
                self.send_response(status)
                for name, value in ({"Content-Length": str(len(data))} | headers).items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(data)

            def log_message(self, *_: Any) -> None:
                """Nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


def completion(text: str = "Yes.", **usage: int) -> dict[str, Any]:
    usage = {"prompt_tokens": 5, "completion_tokens": 2} | usage
    return {"choices": [{"message": {"content": text}, "finish_reason": "stop"}], "usage": usage}


@pytest.fixture
def endpoint() -> Iterator[Recorder]:
    """A recording endpoint."""
    recorder = Recorder()
    yield recorder
    recorder.server.shutdown()
    recorder.server.server_close()


def refused(name: str, message: str) -> Callable[[dict[str, Any]], tuple[int, Any, dict[str, str]]]:
    """A reply that refuses every body with a field."""
    return lambda body: (400, {"error": {"message": message}}, {}) if name in body else (200, completion(), {})


def test_the_query_of_an_address_is_sent_and_white_space_is_not(llm: Make, endpoint: Recorder) -> None:
    llm(model=Model(**PLAIN), endpoint=f"  {endpoint.url}/?api-version=2024-10\n").texts(["What?"])
    assert endpoint.paths == ["/v1/chat/completions?api-version=2024-10"]


def test_the_key_is_sent_in_the_header_that_the_endpoint_wants(
    llm: Make, endpoint: Recorder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XLFORGE_API_KEY", " sk-one-two-three\n")
    llm(model=Model(**PLAIN), endpoint=endpoint.url).texts(["What?"])
    llm(model=Model(**PLAIN), endpoint=endpoint.url, key_header="api-key").texts(["Which?"])
    assert endpoint.headers[0]["Authorization"] == "Bearer sk-one-two-three"
    assert endpoint.headers[1]["api-key"] == "sk-one-two-three"
    assert "Authorization" not in endpoint.headers[1]


def test_a_redirect_is_named_at_once(llm: Make, endpoint: Recorder) -> None:
    endpoint.reply = lambda _: (308, {}, {"Location": "https://api.example.org/v1/chat/completions"})
    with pytest.raises(EngineError, match=r"redirects the teacher to https://api\.example\.org/v1 \(HTTP 308\)"):
        llm(model=Model(**PLAIN), endpoint=endpoint.url).replies(["What?"])
    assert len(endpoint.paths) == 1


def test_options_of_a_model_are_sent_and_only_what_is_set_enters_the_key(llm: Make, endpoint: Recorder) -> None:
    more = {
        "extra_body": {"provider": {"order": ["x"]}},
        "reasoning_effort": "low",
        "chat_template_kwargs": {"enable_thinking": False},
        "omit": ["temperature", "seed"],
        "response_format": "json_object",
        "token_limit": "max_completion_tokens",
    }
    model = llm(model=Model(**PLAIN, **more), endpoint=endpoint.url)
    model.texts(["What?"], schema={"type": "object"})
    (body,) = endpoint.bodies
    assert body["provider"] == {"order": ["x"]}
    assert (body["reasoning_effort"], body["chat_template_kwargs"]) == ("low", {"enable_thinking": False})
    assert body["response_format"] == {"type": "json_object"}
    assert body["max_completion_tokens"] == 24
    assert not {"temperature", "seed", "max_tokens", "omit", "token_limit"} & body.keys()
    plain, renamed = (
        llm(model=Model(**PLAIN, token_limit=name)).llm.request("What?")
        for name in ("max_tokens", "max_completion_tokens")
    )
    assert plain.key == renamed.key
    assert b"options" not in plain.canonical
    assert Request.parse(model.llm.request("What?").canonical) == model.llm.request("What?")
    assert model.llm.request("What?").key != plain.key


def test_the_token_limit_is_renamed_once_and_reported(
    llm: Make, endpoint: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint.reply = refused("max_tokens", "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens'.")
    model = llm(model=Model(**PLAIN), endpoint=endpoint.url, concurrency=1)
    assert model.texts(["a", "b", "c"]) == ["Yes."] * 3
    assert model.texts(["d"]) == ["Yes."]
    assert ["max_tokens" in body for body in endpoint.bodies] == [True, False, False, False, False]
    assert capsys.readouterr().err.count("token_limit in params.yaml") == 1


def test_a_field_that_is_not_taken_ends_the_build_before_more_is_spent(llm: Make, endpoint: Recorder) -> None:
    endpoint.reply = refused("temperature", "Unsupported value: 'temperature' does not support 0.8 with this model.")
    with pytest.raises(EngineError, match=r"omit: \[temperature\]"):
        llm(model=Model(**PLAIN), endpoint=endpoint.url, concurrency=1).replies(["a", "b", "c"])
    assert len(endpoint.bodies) == 1
    model = llm(model=Model(**PLAIN, omit=["temperature"]), endpoint=endpoint.url)
    assert model.texts(["a"]) == ["Yes."]


def test_vllm_gets_neutral_values_for_what_a_generation_config_sets(llm: Make, endpoint: Recorder) -> None:
    llm(model=Model(**PLAIN | {"engine": "vllm"}), endpoint=endpoint.url).texts(["What?"])
    (body,) = endpoint.bodies
    assert (body["top_k"], body["min_p"], body["repetition_penalty"]) == (-1, 0.0, 1.0)
    assert {"presence_penalty", "frequency_penalty", "temperature", "top_p"} <= body.keys()


def test_a_server_that_cuts_prompts_is_an_error_that_names_the_length(llm: Make, endpoint: Recorder) -> None:
    endpoint.reply = lambda body: (
        200,
        completion(prompt_tokens=min(2048, len(body["messages"][0]["content"]) * 3 // 4)),
        {},
    )
    model = llm(model=Model(**PLAIN), endpoint=endpoint.url, concurrency=1)
    assert model.texts(["x" * 3000]) == ["Yes."]
    with pytest.raises(EngineError, match="2048 tokens") as error:
        model.replies(["y" * 9000, "z" * 5000])
    assert "context length" in str(error.value)
    again = llm(model=Model(**PLAIN), endpoint=endpoint.url)
    endpoint.reply = lambda _: (200, completion(prompt_tokens=4500), {})
    assert again.texts(["y" * 9000]) == ["Yes."]


def test_two_languages_may_have_as_many_tokens() -> None:
    watch = Truncation("host", "model")
    watch.check(1200, 300)
    watch.check(2200, 300)  # three bytes a letter
    watch.check(9000, 2048)
    watch.check(3000, 300)  # not the most: no context length
    with pytest.raises(EngineError, match="2048 tokens of prompts of 9000 and of 19000 bytes"):
        watch.check(19000, 2048)


def test_a_policys_refusal_is_a_cached_reject_and_no_failure_of_the_server(llm: Make, endpoint: Recorder) -> None:
    endpoint.reply = lambda body: (
        (400, {"error": {"message": "filtered", "code": "content_filter"}}, {})
        if "bad" in body["messages"][0]["content"]
        else (200, completion(), {})
    )
    model = llm(model=Model(**PLAIN), endpoint=endpoint.url, max_failures=1)
    assert model.finish(["bad 1", "good", "bad 2"]) == ["content_filter", "stop", "content_filter"]
    assert model.finish(["bad 1"]) == ["content_filter"]
    assert len(endpoint.bodies) == 3


def test_a_second_model_in_one_role_is_reported(
    llm: Make, endpoint: Recorder, capsys: pytest.CaptureFixture[str]
) -> None:
    endpoint.reply = lambda body: (200, completion() | {"model": f"m{len(endpoint.bodies) % 2}"}, {})
    llm(model=Model(**PLAIN), endpoint=endpoint.url, concurrency=1).texts(["a", "b", "c"])
    assert capsys.readouterr().err.count("answered as the teacher") == 1


def test_provenance_names_the_model_that_a_router_used(llm: Make, endpoint: Recorder) -> None:
    endpoint.reply = lambda _: (200, completion() | {"model": "other-2026"}, {})
    model = llm(model=Model(**PLAIN), endpoint=endpoint.url)
    ((reply,),) = model.replies(["a"])
    assert model.llm.call("Step", "prompt@1", reply)["served"] == "other-2026"
    ((cached,),) = model.replies(["a"])
    assert cached.response is not None
    assert cached.response.served == "other-2026"

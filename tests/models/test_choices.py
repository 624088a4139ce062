"""A request that names choices: the share that the chosen word has of their probability, from whichever engine gives it."""

from __future__ import annotations

import json
import math
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import torch
from transformers import AutoModelForCausalLM

from tests.models.cached import Cached
from tests.models.sinks import ListSink
from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.config.models import Sampling as Sampled
from xlforge.models.openai.responses import read_response
from xlforge.models.transformers.engine import TransformersEngine, _Row
from xlforge.requests.request import Request, Sampling
from xlforge.requests.response import choice, share
from xlforge.steps.cached_llm import CachedLLM

AB = ("A", "B")
REQUEST = Request("openai", "any", "1", (("user", "?"),), choices=AB)


@pytest.mark.parametrize(
    ("word", "spelt"),
    [("A", "A"), (" B", "B"), ("**A**", "A"), ("ĠA", "A"), ("(B).", "B"), ("a", None), ("AB", None), ("", None)],
)
def test_marks_around_a_choice_do_not_matter(word: str, spelt: str | None) -> None:
    assert choice(word, AB) == spelt


def test_a_share_sums_all_spellings() -> None:
    logprobs = [("A", math.log(0.3)), (" A", math.log(0.1)), ("B", math.log(0.1)), ("The", math.log(0.5))]
    assert share(logprobs, "A", AB) == pytest.approx(math.log(0.8))
    assert share([("A", -1.0)], "A", AB) == 0
    assert share([("A", -1.0)], "B", AB) is None
    assert share([("A", math.nan)], "A", AB) is None


def body(text: str, content: Any) -> bytes:
    choices = [{"message": {"content": text}, "finish_reason": "stop", "logprobs": {"content": content}}]
    return json.dumps({"choices": choices}).encode()


def token(text: str, probability: float, *top: tuple[str, float]) -> dict[str, Any]:
    others = [{"token": other, "logprob": math.log(chance)} for other, chance in top]
    return {"token": text, "logprob": math.log(probability), "top_logprobs": others}


@pytest.mark.parametrize(
    ("text", "content", "expected"),
    [
        ("A", [token("A", 0.6, ("A", 0.6), ("B", 0.2), ("I", 0.1))], 0.75),
        ("**B**", [token("**", 0.9, ("**", 0.9)), token("B", 0.5, ("B", 0.5), ("A", 0.5)), token("**", 1.0)], 0.5),
        ("A", [token("A", 0.6, ("A", 0.6), ("I", 0.1))], 1.0),
        ("Answer B", [token("A", 0.9, ("B", 0.1)), token("nswer", 1.0), token(" B", 0.9, ("A", 0.1))], None),
        ("A", [{"token": "A", "logprob": -0.1}], None),
        ("A", [], None),
        ("A", "nothing", None),
        ("A", [{"token": None, "logprob": "x", "top_logprobs": 3}], None),
    ],
)
def test_the_share_from_an_endpoint(text: str, content: Any, expected: float | None) -> None:
    found = read_response(body(text, content), REQUEST).logprob
    assert found is None if expected is None else math.exp(found or 0) == pytest.approx(expected)


def test_the_share_in_process_is_the_models_own(spec: Model) -> None:
    """The choices are the model's likeliest first tokens, so that its response is one of them."""
    engine = TransformersEngine(spec, Execution())
    model = AutoModelForCausalLM.from_pretrained(spec.model, dtype=torch.float32)
    for text in (f"Mill {number} or orchard?" for number in range(8)):
        plain = Request("transformers", "m", None, (("user", text),), Sampling(max_tokens=1), logprobs=True)
        prompt = engine._prompt(plain)
        logits = model(torch.tensor([prompt])).logits[0, -1].log_softmax(-1)
        best, second = (engine._tokenizer.decode([int(at)]).strip(" ") for at in logits.topk(2).indices)
        if not all(word.isalnum() and choice(word, (word,)) for word in (best, second)) or best == second:
            continue
        words = (best, second)
        sink = ListSink()
        engine._complete([_Row(replace(plain, choices=words), prompt)], sink)
        ((_, found),) = sink.completed
        mass = dict.fromkeys(words, 0.0)
        for number, logprob in enumerate(logits.tolist()):
            if (spelt := choice(engine._tokenizer.decode([number]), words)) is not None:
                mass[spelt] += math.exp(logprob)
        assert math.exp(found.logprob or 0) == pytest.approx(mass[best] / sum(mass.values()), abs=1e-4)
        return
    pytest.fail("no question has two words of one token as the likeliest responses: choose others")


def test_without_choices_a_log_probability_is_the_sum(llm: Callable[..., Cached]) -> None:
    ((response,),) = llm().responses(["ninety"])
    assert response.logprob is not None and response.logprob < 0


class Judge(BaseHTTPRequestHandler):
    """A server that gives the likeliest tokens: A at 0.6, and as many others as the request wants, B at 0.2 among them."""

    bodies: list[dict[str, Any]] = []

    def do_GET(self) -> None:
        self._reply(b'{"data": []}')

    def do_POST(self) -> None:
        sent = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.bodies.append(sent)
        top = [("A", 0.6), ("B", 0.2), ("I", 0.1)][: sent.get("top_logprobs", 0)]
        self._reply(body("A", [token("A", 0.6, *top)] if sent.get("logprobs") else None))

    def _reply(self, content: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *args: Any) -> None: ...


@pytest.fixture
def url() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Judge)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Judge.bodies.clear()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()


def test_a_request_with_choices_wants_the_likeliest_tokens_and_the_share_is_cached(url: str, tmp_path: Path) -> None:
    def judge(**more: Any) -> Cached:
        execution = Execution(cache=f"sqlite:///{tmp_path}/cache.sqlite", endpoint=url, **more)
        described = CachedLLM(
            role="judge", spec=Model(engine="openai", model="any"), sampling=Sampled(max_tokens=8), logprobs=True, choices=AB,
            execution=execution,
        )  # fmt: skip
        return Cached(described)

    for options in ({}, {"offline": True}):
        model = judge(**options)
        ((response,),) = model.responses(["A or B?"])
        assert math.exp(response.logprob or 0) == pytest.approx(0.75)
        model.close()
    assert [(sent["logprobs"], sent["top_logprobs"]) for sent in Judge.bodies] == [(True, 5)]

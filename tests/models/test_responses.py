"""What servers send as a chat completion is read right, or is a failure that says why."""

from __future__ import annotations

import json
from typing import Any

import pytest

from xlforge.models.openai.errors import RequestFailed
from xlforge.models.openai.responses import read_response
from xlforge.requests.request import Request, Sampling
from xlforge.requests.response import Response, readable

REQUEST = Request("openai", "any", None, (("user", "Translate."),), Sampling(max_tokens=20))
CHOICE = Request("openai", "any", None, (("user", "A or B?"),), Sampling(max_tokens=1), choices=("A", "B"))


def completion(message: Any, finish: Any = "stop", written: int = 5, **more: Any) -> bytes:
    usage = {"prompt_tokens": 9, "completion_tokens": written, "total_tokens": 9 + written}
    first = {"index": 0, "message": message, "finish_reason": finish}
    return json.dumps({"model": "any", "choices": [first], "usage": usage} | more).encode()


def read(body: bytes, request: Request = REQUEST) -> Response:
    return readable(request, read_response(body, request))


@pytest.mark.parametrize(
    ("finish", "ours"),
    [
        *[(name, "stop") for name in ("stop", "STOP", "eos", "end_turn", "stop_sequence", "COMPLETE")],
        *[(name, "length") for name in ("length", "max_tokens", "MAX_TOKENS", "max_output_tokens")],
        *[(name, "content_filter") for name in ("content_filter", "SAFETY", "RECITATION")],
        ("refusal", "refusal"),
        ("tool_calls", "tool_calls"),
    ],
)
def test_finish_reasons_of_several_providers_are_known(finish: str, ours: str) -> None:
    assert read(completion({"content": "Ja."}, finish)).finish_reason == ours


@pytest.mark.parametrize("finish", [None, "error", "abort", "insufficient_system_resource", "", 3])
def test_a_response_that_a_provider_broke_off_is_a_failure_of_transport(finish: Any) -> None:
    with pytest.raises(RequestFailed, match="finish reason") as failure:
        read(completion({"content": "Die halbe"}, finish))
    assert failure.value.retryable


def test_a_stop_at_the_token_limit_is_cut_off() -> None:
    assert read(completion({"content": "Ja."}, written=20)).finish_reason == "length"
    assert read(completion({"content": "A"}, written=1), CHOICE).finish_reason == "stop"


def test_a_list_of_parts_is_joined_without_reasoning() -> None:
    parts = [
        {"type": "thinking", "thinking": "Hm."},
        {"type": "text", "text": "Ja, "},
        {"type": "text", "text": "gern."},
    ]
    assert read(completion({"content": parts})).text == "Ja, gern."


@pytest.mark.parametrize(
    "message", [{"content": None, "refusal": "I cannot."}, {"content": [{"type": "refusal", "refusal": "I cannot."}]}]
)
def test_a_refusal_is_known_by_its_field(message: Any) -> None:
    found = read(completion(message))
    assert (found.finish_reason, found.text) == ("refusal", "I cannot.")


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning"])
def test_reasoning_in_a_field_is_no_answer(name: str) -> None:
    assert read(completion({"content": "Ja.", name: "Hm."})).text == "Ja."
    cut = read(completion({"content": None, name: "Hm."}, "length", 20))
    assert (cut.text, cut.finish_reason) == ("", "length")
    assert read(completion({"content": "", name: "Hm."})).finish_reason == "reasoning"


def test_nothing_at_the_token_limit_is_cut_off_and_not_sent_again() -> None:
    assert read(completion({"content": None}, "length", 20)).finish_reason == "length"


@pytest.mark.parametrize(
    ("error", "reason", "retryable"),
    [
        ({"code": 429, "message": "slow down"}, "HTTP 429", True),
        ({"code": "503", "message": "overloaded"}, "HTTP 503", True),
        ({"message": "upstream error"}, "HTTP 500", True),
        ("broken", "HTTP 500", True),
        ({"code": 400, "message": "bad"}, "HTTP 400", False),
    ],
)
def test_an_error_inside_status_200_is_read_as_its_status(error: Any, reason: str, retryable: bool) -> None:
    inside = completion({"content": "half"}, "error")
    for body in (
        json.dumps({"error": error}).encode(),
        inside.replace(b'"index": 0', b'"error": ' + json.dumps(error).encode()),
    ):
        with pytest.raises(RequestFailed, match=reason) as failure:
            read(body)
        assert failure.value.retryable == retryable


def test_a_stream_that_nobody_requested_is_read() -> None:
    deltas = [
        {"role": "assistant", "content": ""},
        {"reasoning_content": "Hm."},
        {"content": "Ja, "},
        {"content": "gern."},
    ]
    chunks: list[Any] = [{"model": "any", "choices": [{"index": 0, "delta": delta}]} for delta in deltas]
    chunks += [{"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]}]
    chunks += [{"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 5, "total_tokens": 14}}]
    body = b"".join(b"data: " + json.dumps(chunk).encode() + b"\n\n" for chunk in chunks)
    found = read(body + b"data: [DONE]\n\n")
    assert (found.text, found.finish_reason, found.tokens_in, found.tokens_out) == ("Ja, gern.", "stop", 9, 5)
    with pytest.raises(RequestFailed):
        read(body[: len(body) // 2])


def test_tokens_of_reasoning_are_counted_where_only_the_total_has_them() -> None:
    usage = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 18}
    assert read(completion({"content": "Ja."}, usage=usage)).tokens_out == 9


def test_the_model_that_a_router_used_is_kept_where_it_is_another() -> None:
    assert read(completion({"content": "Ja."})).served is None
    assert read(completion({"content": "Ja."}, model="other-2026")).served == "other-2026"

"""A server's error is a reject, another try, or the end of the stage, whatever words it has."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from tests.models.cached import Cached
from tests.server import Fault, Server
from xlforge.config.models import Model
from xlforge.models.engine import EngineError
from xlforge.models.openai.errors import http_error
from xlforge.models.openai.refusals import refuse_dropping, renamed


def error(status: int, message: str, **more: Any) -> Any:
    return http_error(status, json.dumps({"error": {"message": message} | more}))


@pytest.mark.parametrize(
    ("status", "message", "more"),
    [
        (
            429,
            "You exceeded your current quota, please check your plan and billing details.",
            {"code": "insufficient_quota"},
        ),
        (402, "Payment needed", {}),
        (400, "Your credit balance is too low to use this model.", {}),
        (403, "Insufficient credits. Add more credits to go on.", {}),
        (429, "Monthly spending limit reached for this project", {}),
    ],
)
def test_an_empty_account_is_known_in_any_wording(status: int, message: str, more: dict[str, str]) -> None:
    assert error(status, message, **more).no_credit


@pytest.mark.parametrize(
    "message",
    [
        "Rate limit reached for tokens per min (TPM): limit 10000",
        "Quota exceeded for requests per minute",
        "Too many requests. Please try again in 2 s.",
    ],
)
def test_a_rate_limit_is_no_empty_account(message: str) -> None:
    failure = error(429, message)
    assert failure.retryable
    assert not failure.no_credit


@pytest.mark.parametrize(
    ("status", "message", "more"),
    [
        (400, "The response was filtered due to the prompt", {"code": "content_filter"}),
        (400, "blocked", {"type": "content_policy_violation"}),
        (422, "Input was flagged by moderation", {}),
        (403, "Your prompt violates our usage policies", {}),
        (400, "The text may contain inappropriate content.", {"code": "data_inspection_failed"}),
    ],
)
def test_a_refusal_by_policy_is_the_contents_and_not_the_servers(
    status: int, message: str, more: dict[str, str]
) -> None:
    assert error(status, message, **more).filtered


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "This model's maximum context length is 4096 tokens, but your messages have 5000."),
        (400, "the request exceeds the available context size (2048 tokens)"),
        (400, "prompt is too long: 210000 tokens > 200000 maximum"),
        (413, "Request Entity Too Large"),
        (422, "Input has too many tokens"),
    ],
)
def test_a_prompt_that_is_too_long_is_content(status: int, message: str) -> None:
    assert error(status, message).reason == "prompt_too_long"


def test_the_token_limit_is_renamed_only_where_the_server_names_it() -> None:
    named = error(400, "Unsupported parameter: 'max_tokens'. Use 'max_completion_tokens' instead.", param="max_tokens")
    assert renamed(named, "max_tokens") == "max_completion_tokens"
    assert renamed(error(400, "unknown field max_completion_tokens"), "max_completion_tokens") == "max_tokens"
    assert renamed(error(400, "max_tokens must be at most 4096"), "max_tokens") is None
    assert renamed(error(400, "temperature is not supported"), "max_tokens") is None


@pytest.mark.parametrize(
    ("message", "line"),
    [
        (
            "Unsupported value: 'temperature' does not support 0.0. Only the default (1) is supported.",
            r"omit: \[temperature\]",
        ),
        ("top_p: Extra inputs are not permitted", r"omit: \[top_p\]"),
        ("unknown field seed", r"omit: \[seed\]"),
        ("response_format is not supported by this model", "response_format: json_object"),
        ("logprobs are not available for this model", r"omit: \[logprobs\]"),
    ],
)
def test_a_field_that_would_be_dropped_ends_the_build_with_the_line_to_add(message: str, line: str) -> None:
    with pytest.raises(EngineError, match=f"Add to `judge` in params.yaml: {line}"):
        refuse_dropping(error(400, message), "judge", "host", "json_schema")


def test_a_wait_of_a_day_ends_the_build_at_once(llm: Callable[..., Cached]) -> None:
    with Server(faults=[Fault("429", seconds=86400)]) as server:
        model = llm(model=Model(engine="openai", model="any", revision="1"), endpoint=server.url)
        with pytest.raises(EngineError, match=r"takes no requests for 24\.0 hours"):
            model.replies(["What?"])
        assert server.counts()["received"] == 1

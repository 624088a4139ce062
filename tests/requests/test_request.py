"""A request's key: the same for ever for the same request, another for whatever can change the response."""

from __future__ import annotations

import tracemalloc
from dataclasses import replace
from typing import Any

import pytest

from xlforge.requests.request import Request, Sampling

BASE = Request("transformers", "m", "r", (("system", "Be brief."), ("user", "Why?")), Sampling(0.7, 0.9, 64))


def test_the_key_is_that_of_earlier_builds() -> None:
    """If this fails, every cache that was ever filled is worthless: fix the code, not the test."""
    assert BASE.canonical == (
        b'{"attempt":0,"candidate":0,"engine":"transformers","logprobs":false,'
        b'"messages":[["system","Be brief."],["user","Why?"]],"model":"m","revision":"r",'
        b'"sampling":{"max_tokens":64,"temperature":0.7,"top_p":0.9},"schema":null}'
    )
    assert BASE.key == "5734e9c81c1f22a9877b7c5e48835b74f5d7dafe4edf535a089ebb02bbda4d1b"
    assert BASE.seed == 1463085512


@pytest.mark.parametrize(
    "change",
    [
        {"engine": "openai"},
        {"model": "n"},
        {"revision": None},
        {"messages": (("user", "Why?"),)},
        {"messages": (("user", "Be brief."), ("system", "Why?"))},
        {"messages": (("system", "Be brief."), ("user", "Why?\ud800"))},
        {"sampling": Sampling(0.71, 0.9, 64)},
        {"sampling": Sampling(0.7, 0.91, 64)},
        {"sampling": Sampling(0.7, 0.9, 65)},
        {"schema": {"type": "object"}},
        {"logprobs": True},
        {"candidate": 1},
        {"attempt": 1},
    ],
    ids=str,
)
def test_whatever_can_change_the_response_changes_the_key(change: dict[str, Any]) -> None:
    assert replace(BASE, **change).key != BASE.key


def test_choices_are_part_of_the_key_only_where_there_are_any() -> None:
    assert b"choices" not in BASE.canonical
    assert replace(BASE, choices=("A", "B")).key not in (BASE.key, replace(BASE, choices=("B", "A")).key)


@pytest.mark.parametrize(
    "request_",
    [
        BASE,
        Request(
            "openai",
            "m",
            None,
            (("system", "\ud800\\n"), ("user", "\u2028é\0")),
            Sampling(1.0, 0.5, 3),
            {"a": [1]},
            True,
            2,
            3,
            ("x",),
        ),
    ],
    ids=["plain", "every field"],
)
def test_a_request_is_read_back_from_its_canonical_form(request_: Request) -> None:
    assert Request.parse(request_.canonical) == request_
    assert Request.parse(request_.canonical).key == request_.key


def test_a_lone_surrogate_is_not_its_own_spelling() -> None:
    real, escaped = (replace(BASE, messages=(("user", text),)) for text in ("\ud800", "\\ud800"))
    assert real.key != escaped.key


def test_a_request_takes_about_the_memory_of_its_words() -> None:
    """A stage holds hundreds of thousands of them at once."""
    requests = [replace(BASE, messages=(("user", "ü" * 400 + str(number)),)) for number in range(1000)]
    tracemalloc.start()
    try:
        for request in requests:
            assert request.key
        taken = tracemalloc.get_traced_memory()[0] / len(requests)
    finally:
        tracemalloc.stop()
    assert taken < 3000

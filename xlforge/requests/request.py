"""What is asked of a model and what it answered.

A row is bought once: the key of a request is a hash of everything that could change its answer, and nothing else.
Where the answer comes from (endpoint, device, batch, attempt at the network) bears no identity and is not here.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

_AROUND = " \t\r\n*_`'\"()[]{}.:,▁ĠĊ"
_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True)
class Sampling:
    """How an answer is drawn. temperature 0 is greedy; max_tokens bounds the answer, in tokens."""

    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 512


@dataclass(frozen=True)
class Request:
    """One answer to be had from one model.

    messages: (role, content) pairs. revision: what pins the weights; a digest for a local folder.
    schema: the JSON schema the answer must follow, if any. candidate and attempt tell equal questions apart: the
    number among several answers to one question, and how often it was asked again because it could not be read.
    choices: where the answer is to be one of these words, whose shares are then wanted (see Answer).
    """

    engine: str
    model: str
    revision: str | None
    messages: tuple[tuple[str, str], ...]
    sampling: Sampling = field(default_factory=Sampling)
    schema: dict[str, Any] | None = None
    logprobs: bool = False
    candidate: int = 0
    attempt: int = 0
    choices: tuple[str, ...] = ()

    @cached_property
    def canonical(self) -> bytes:
        """The request as canonical JSON: what the key is a hash of, and what the store keeps beside the answer."""
        sampling = self.sampling
        body: dict[str, Any] = {
            "engine": self.engine,
            "model": self.model,
            "revision": self.revision,
            "messages": [[role, _plain(content)] for role, content in self.messages],
            "sampling": {
                "temperature": sampling.temperature,
                "top_p": sampling.top_p,
                "max_tokens": sampling.max_tokens,
            },
            "schema": self.schema,
            "logprobs": self.logprobs,
            "candidate": self.candidate,
            "attempt": self.attempt,
        }
        if self.choices:
            body["choices"] = self.choices
        # A copy: orjson hands out its bytes in the eight kilobytes it wrote them to, and a stage keeps many requests.
        return bytes(memoryview(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)))

    @cached_property
    def key(self) -> str:
        """64 hexadecimal digits."""
        return hashlib.sha256(self.canonical).hexdigest()

    @cached_property
    def seed(self) -> int:
        """The sampling seed, in [0, 2**31): a function of the request alone, so a neighbour cannot change it."""
        return int(self.key[:8], 16) & 0x7FFFFFFF


def unicode_only(text: str) -> str:
    """The text with U+FFFD for each lone surrogate, which neither a tokenizer nor JSON in UTF-8 can carry."""
    return _SURROGATE.sub("\ufffd", text)


def _plain(text: str) -> str | list[str]:
    """Text as JSON takes it; lone surrogates are no UTF-8, so such a text is spelt out in a list of its own."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return [text.encode("unicode_escape").decode()]
    return text

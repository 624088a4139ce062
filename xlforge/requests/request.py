"""A request to a model, and the key that its response is cached under.

The key is a hash of everything that can change the response, and of nothing else. Where the response comes from (endpoint, device, batch,
retry after a transport error) is not part of it.
"""

import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import orjson

_SURROGATE = re.compile("[\ud800-\udfff]")
_IN_EVERY_KEY = ("engine", "model", "revision", "schema", "logprobs", "candidate", "attempt")


@dataclass(frozen=True)
class Sampling:
    """How a response is sampled. temperature 0 is greedy; max_tokens limits the response."""

    temperature: float = 0.0
    top_p: float = 1.0
    max_tokens: int = 512


@dataclass(frozen=True)
class Request:
    """One response wanted from one model.

    Args:
        engine: as params.yaml names it.
        model: a folder, a hub id, or the name that an endpoint serves.
        revision: what pins the weights; a digest for a local folder.
        messages: (role, content) pairs.
        sampling: how the response is sampled.
        schema: the JSON schema that the response must follow, if any.
        logprobs: whether the response carries its log-probability.
        candidate: its number among several responses to the same messages.
        attempt: how many responses before it could not be parsed.
        choices: the words that the response is to be one of; its log-probability is then that of its share (see Response).
        options: what else the request holds and can change the response: `RequestOptions.identity` of the model.
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
    options: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, canonical: bytes) -> "Request":
        """The request of a canonical JSON."""
        fields = orjson.loads(canonical)
        fields["messages"] = tuple((role, _decoded(content)) for role, content in fields["messages"])
        fields["sampling"] = Sampling(**fields["sampling"])
        fields["choices"] = tuple(fields.get("choices", ()))
        return cls(**fields)

    @cached_property
    def canonical(self) -> bytes:
        """The request as canonical JSON: what the key is a hash of, and what the cache keeps with the response."""
        body: dict[str, Any] = {name: getattr(self, name) for name in _IN_EVERY_KEY}
        body["messages"] = [[role, _encoded(content)] for role, content in self.messages]
        body["sampling"] = vars(self.sampling)
        # A field that was added later enters only when it is set, so that older keys stay as they are.
        body |= {name: value for name in ("choices", "options") if (value := getattr(self, name))}
        # A copy: orjson returns its bytes in the eight kilobytes it wrote them to, and a stage keeps many requests.
        return bytes(memoryview(orjson.dumps(body, option=orjson.OPT_SORT_KEYS)))

    @cached_property
    def key(self) -> str:
        """64 hexadecimal digits."""
        return hashlib.sha256(self.canonical).hexdigest()

    @cached_property
    def seed(self) -> int:
        """The sampling seed, in [0, 2**31): a function of the request alone, so that other rows cannot change it."""
        return int(self.key[:8], 16) & 0x7FFFFFFF


def unicode_only(text: str) -> str:
    """The text with U+FFFD for each lone surrogate, which neither a tokenizer nor JSON in UTF-8 can carry."""
    return _SURROGATE.sub("\ufffd", text)


def _encoded(text: str) -> str | list[str]:
    """Text as JSON takes it; a text with lone surrogates, which are not valid in UTF-8, is escaped and in a list of its own."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return [text.encode("unicode_escape").decode()]
    return text


def _decoded(content: str | list[str]) -> str:
    return content if isinstance(content, str) else content[0].encode("ascii").decode("unicode_escape")

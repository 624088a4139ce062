"""Chat completions, read strictly: a response, or RequestFailed with the reason why there is none. What a server sends is untrusted."""

from __future__ import annotations

import json
import math
from typing import Any

import orjson

from xlforge.models.openai.errors import RequestFailed
from xlforge.requests.response import Response, choice, share

_COUNT_LIMIT = 1 << 31


def read_response(body: bytes, choices: tuple[str, ...] = ()) -> Response:
    """The response in the body of a chat completion. choices: of the request."""
    return from_completion(parse_json(body), choices)


def from_completion(content: Any, choices: tuple[str, ...] = ()) -> Response:
    """The response in a chat completion that is already parsed."""
    try:
        first = content["choices"][0]
        text, finish = first["message"]["content"], first.get("finish_reason")
    except (TypeError, LookupError, AttributeError):
        raise RequestFailed("the response is not a chat completion") from None
    if not isinstance(text, str):
        raise RequestFailed("the response has no text")
    usage, logprobs = content.get("usage"), first.get("logprobs")
    return Response(
        text=text,
        finish_reason=finish if isinstance(finish, str) else "unknown",
        tokens_in=_count(usage, "prompt_tokens"),
        tokens_out=_count(usage, "completion_tokens"),
        logprob=_choice_logprob(text, logprobs, choices) if choices else _logprob(logprobs),
    )


def parse_json(body: bytes) -> Any:
    """orjson refuses lone surrogates, which models do send; Python's own parser takes them."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise RequestFailed("the response is not valid JSON") from None


def _count(usage: Any, name: str) -> int:
    count = usage.get(name) if isinstance(usage, dict) else None
    return count if isinstance(count, int) and 0 <= count < _COUNT_LIMIT else 0


def _logprob(logprobs: Any) -> float | None:
    try:
        total = math.fsum(token["logprob"] for token in logprobs["content"])
    except (TypeError, LookupError, ValueError, OverflowError):
        return None
    return total if math.isfinite(total) else None


def _choice_logprob(text: str, logprobs: Any, choices: tuple[str, ...]) -> float | None:
    """The log of the share that the text's choice has among all choices, at the token that spells it."""
    chosen = choice(text, choices)
    try:
        for token in logprobs["content"] if chosen is not None else ():
            if chosen is None or choice(token["token"], choices) != chosen:
                continue
            others = [other for other in token["top_logprobs"] if other["token"] != token["token"]]
            return share([(at["token"], float(at["logprob"])) for at in (token, *others)], chosen, choices)
    except (TypeError, LookupError, ValueError, AttributeError, OverflowError):
        pass
    return None

"""Chat completions, read strictly: a response, or RequestFailed with the reason why there is none. What a server sends is untrusted."""

import json
import math
from contextlib import suppress
from typing import Any

import orjson

from xlforge.models.openai.errors import RequestFailed, embedded_error
from xlforge.requests.request import Request
from xlforge.requests.response import Response, choice, share

_COUNT_LIMIT = 1 << 31
_ENDS = {
    "stop": "stop eos eos_token end end_turn stop_sequence stop_token complete completed",
    "length": "length max_tokens max_output_tokens max_completion_tokens model_length",
    "content_filter": "content_filter content_filtered safety recitation blocklist prohibited_content spii",
    "refusal": "refusal",
    "tool_calls": "tool_calls tool_use function_call",
}
_FINISH = {theirs: ours for ours, names in _ENDS.items() for theirs in names.split()}
"""A server's finish reason → ours. All others are failures of the provider (`error`, `abort`, none at all)."""
_TEXT_PARTS = ("text", "output_text")
_REASONING = ("reasoning_content", "reasoning")


def read_response(body: bytes, request: Request) -> Response:
    """The response to a request in the body of a chat completion, streamed or not."""
    return from_completion(_joined(body) if body.lstrip()[:5] in (b"data:", b"event") else parse_json(body), request)


def from_completion(content: Any, request: Request) -> Response:
    """The response in a chat completion that is already parsed."""
    if (failure := embedded_error(content)) is not None:
        raise failure
    try:
        first = content["choices"][0]
        message, finish = first["message"], first.get("finish_reason")
        text, refusal = _text(message), message.get("refusal")
    except (TypeError, LookupError, AttributeError):
        raise RequestFailed("the response is not a chat completion") from None
    if (failure := embedded_error(first)) is not None:
        raise failure
    ended = _FINISH.get(finish.lower()) if isinstance(finish, str) else None
    if refusal and isinstance(refusal, str):
        text, ended = refusal, "refusal"
    tokens_in, tokens_out = _tokens(content.get("usage"))
    if text is None and ended in ("stop", None) and not tokens_out:
        raise RequestFailed("the response has no text")
    if ended is None:
        raise RequestFailed(f"the response has the finish reason {str(finish)[:40]!r}, so it is not whole")
    logprobs = first.get("logprobs")
    if ended == "stop" and tokens_out >= request.sampling.max_tokens and not request.choices:
        ended = "length"  # some servers report a stop at the limit
    logprob = _choice_logprob(text or "", logprobs, request.choices) if request.choices else _logprob(logprobs)
    served = content.get("model")
    other = served[:200] if isinstance(served, str) and served != request.model else None
    return Response(text or "", ended, tokens_in, tokens_out, logprob, other)


def parse_json(body: bytes) -> Any:
    """orjson refuses lone surrogates, which models do send; Python's own parser takes them."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise RequestFailed("the response is not valid JSON") from None


def _text(message: dict[str, Any]) -> str | None:
    """The text of a message: a string, the text parts of a list, or, where there is reasoning alone, that as an open block."""
    content = message.get("content")
    if isinstance(content, list):
        parts = [part for part in content if isinstance(part, dict) and part.get("type") in _TEXT_PARTS]
        content = "".join(part["text"] for part in parts)
        if refused := [part for part in message["content"] if isinstance(part, dict) and part.get("type") == "refusal"]:
            message["refusal"] = str(refused[0].get("refusal"))
    if content is not None and not isinstance(content, str):
        raise TypeError("content is neither text nor parts")
    if not content:
        reasoning = next((message[name] for name in _REASONING if isinstance(message.get(name), str)), "")
        return f"<think>{reasoning}" if reasoning else content
    return content


def _joined(body: bytes) -> Any:
    """A stream of chunks as one completion."""
    message, first = dict[str, Any](), dict[str, Any]()
    whole: dict[str, Any] = {"choices": [first | {"message": message}]}
    tokens: list[Any] = []
    for line in body.splitlines():
        name, _, data = line.partition(b":")
        if name != b"data" or data.strip() in (b"", b"[DONE]"):
            continue
        chunk = parse_json(data.strip())
        if (failure := embedded_error(chunk)) is not None:
            raise failure
        whole |= {name: chunk[name] for name in ("model", "usage") if chunk.get(name)}
        for each in chunk.get("choices") or []:
            for field, value in (each.get("delta") or {}).items():
                if isinstance(value, str):
                    message[field] = message.get(field, "") + value if field != "role" else value
            tokens += (each.get("logprobs") or {}).get("content") or []
            if each.get("finish_reason"):
                whole["choices"][0]["finish_reason"] = each["finish_reason"]
    if tokens:
        whole["choices"][0]["logprobs"] = {"content": tokens}
    return whole


def _tokens(usage: Any) -> tuple[int, int]:
    """Tokens read and written. Where a server leaves reasoning out of the completion's count, the total has it."""
    read, written, total = (_count(usage, f"{name}_tokens") for name in ("prompt", "completion", "total"))
    return read, max(written, total - read) if read else written


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
    with suppress(TypeError, LookupError, ValueError, AttributeError, OverflowError):
        for token in logprobs["content"] if chosen is not None else ():
            if chosen is not None and choice(token["token"], choices) == chosen:
                others = [other for other in token["top_logprobs"] if other["token"] != token["token"]]
                return share([(at["token"], float(at["logprob"])) for at in (token, *others)], chosen, choices)
    return None

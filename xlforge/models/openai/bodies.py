"""What an OpenAI-compatible endpoint is sent for a request."""

from __future__ import annotations

from typing import Any

import orjson

from xlforge.requests.request import Request, unicode_only

_TOP = 5
"""Likeliest tokens asked for where the shares of choices are wanted: as many as every server gives, and AlpacaEval takes."""


def body(request: Request) -> bytes:
    """The JSON body of a chat completion."""
    sampling = request.sampling
    made: dict[str, Any] = {
        "model": request.model,
        "messages": [{"role": role, "content": unicode_only(content)} for role, content in request.messages],
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "seed": request.seed,
    }
    if request.logprobs:
        made["logprobs"] = True
    if request.logprobs and request.choices:
        made["top_logprobs"] = _TOP
    if request.schema is not None:
        schema = {"name": "answer", "schema": request.schema, "strict": True}
        made["response_format"] = {"type": "json_schema", "json_schema": schema}
    return orjson.dumps(made)

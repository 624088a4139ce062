"""The body of a request to an OpenAI-compatible endpoint."""

from __future__ import annotations

from typing import Any

import orjson

from xlforge.requests.request import Request, unicode_only

_TOP_LOGPROBS = 5
"""As many likeliest tokens as every server gives, and as AlpacaEval reads, where the shares of choices are wanted."""


def body(request: Request) -> bytes:
    """The JSON body of a chat completion."""
    sampling = request.sampling
    fields: dict[str, Any] = {
        "model": request.model,
        "messages": [{"role": role, "content": unicode_only(content)} for role, content in request.messages],
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "seed": request.seed,
    }
    if request.logprobs:
        fields["logprobs"] = True
    if request.logprobs and request.choices:
        fields["top_logprobs"] = _TOP_LOGPROBS
    if request.schema is not None:
        schema = {"name": "answer", "schema": request.schema, "strict": True}
        fields["response_format"] = {"type": "json_schema", "json_schema": schema}
    return orjson.dumps(fields)

"""The body of a request to an OpenAI-compatible endpoint."""

from typing import Any

import orjson

from xlforge.requests.request import Request, unicode_only

_TOP_LOGPROBS = 5
"""As many likeliest tokens as every server gives, and as AlpacaEval reads, where the shares of choices are wanted."""
_NEUTRAL = {"top_k": -1, "min_p": 0.0, "repetition_penalty": 1.0, "presence_penalty": 0.0, "frequency_penalty": 0.0}
"""What vLLM takes from a model's generation_config.json where a request does not give it, although no key holds it."""


def body(request: Request, token_limit: str = "max_tokens") -> bytes:
    """The JSON body of a chat completion. token_limit: what the endpoint calls max_tokens."""
    sampling, options = request.sampling, dict(request.options)
    fields: dict[str, Any] = {
        "model": request.model,
        "messages": [{"role": role, "content": unicode_only(content)} for role, content in request.messages],
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "max_tokens": sampling.max_tokens,
        "seed": request.seed,
    }
    if request.engine == "vllm":
        fields |= _NEUTRAL
    if request.logprobs:
        fields["logprobs"] = True
    if request.logprobs and request.choices:
        fields["top_logprobs"] = _TOP_LOGPROBS
    form = options.pop("response_format", "json_schema")
    if request.schema is not None and form != "none":
        schema = {"name": "answer", "schema": request.schema, "strict": True}
        fields["response_format"] = {"type": form} | ({"json_schema": schema} if form == "json_schema" else {})
    for name in options.pop("omit", ()):
        fields.pop(name, None)
    if "max_tokens" in fields:
        fields[token_limit] = fields.pop("max_tokens")
    return orjson.dumps(fields | options.pop("extra_body", {}) | options)

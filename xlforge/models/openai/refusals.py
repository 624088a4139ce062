"""A server's HTTP 400 that names a field of the request: renamed where that is all, else an error with the line for params.yaml.

What a server replies never decides what is sent beyond the name of the token limit, so it never decides a cache key.
"""

import re

from xlforge.models.engine import EngineError
from xlforge.models.openai.errors import RequestFailed

_RENAMED = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}
_FORMATS = {"json_schema": "json_object", "json_object": "none"}
_OPTIONAL = ("temperature", "top_p", "seed", "top_logprobs", "logprobs")
_SET = ("reasoning_effort", "chat_template_kwargs", "extra_body")
_NOT_TAKEN = re.compile(
    r"unsupported|not supported|(does|do|can)( not|n't|not) (support|accept|allow)|unknown|unrecogni[sz]ed|unexpected"
    r"|not permitted|not allowed"
    r"|extra (input|field|parameter)|not available|invalid (parameter|argument|field)|deprecated|only the default|no longer|not implemented"
    r"|additional propert|cannot be (set|specified|used)|not compatible|incompatible",
    re.IGNORECASE,
)
_FORMAT = re.compile(r"response.?format|json_?schema|json_?object|structured|guided|grammar", re.IGNORECASE)


def renamed(failure: RequestFailed, token_limit: str) -> str | None:
    """The other name of the token limit, where the server takes only that; None where the failure is another."""
    other = _RENAMED[token_limit]
    text = f"{failure.code} {failure.message}"
    named = re.search(rf"\b{token_limit}\b", text)
    return other if _not_taken(failure) and named and (other in text or not _others(text)) else None


def refuse_dropping(failure: RequestFailed, role: str, host: str, response_format: str) -> None:
    """EngineError where the server does not take a field that only params.yaml may drop, with the line to add there."""
    text = f"{failure.code} {failure.message}"
    if not _not_taken(failure):
        return
    if response_format in _FORMATS and _FORMAT.search(text):
        line = f"response_format: {_FORMATS[response_format]}"
    elif (name := next(iter(_others(text)), None)) is not None:
        line = f"omit: [{name}]" if name in _OPTIONAL else f"{name}: … (change or remove it)"
    else:
        return
    raise EngineError(
        f"{host} does not take what is sent for the {role} (HTTP {failure.status}: {failure.message}). Add to `{role}` in params.yaml: "
        f"{line}. It is part of the cache key, so it is not done without you"
    )


def _others(text: str) -> list[str]:
    return [name for name in (*_OPTIONAL, *_SET) if re.search(rf"\b{name}\b", text)]


def _not_taken(failure: RequestFailed) -> bool:
    text = f"{failure.code} {failure.message}"
    return failure.status in (400, 422, 501) and bool(_NOT_TAKEN.search(text))

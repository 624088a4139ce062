"""What a chat-completions server sent back, read strictly: an answer, or the reason why there is none.

A server's words are hostile input, cut off or somebody else's error page. Reasons are short and the same in every build, since they stand
in the rows set aside; what the server said itself goes to the terminal alone.
"""

from __future__ import annotations

import json
import math
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from xlforge.requests.response import Response, share
from xlforge.requests.response import choice as spelt

_LONGEST_WAIT = 600.0
_PASSING = (429, 502, 503)
"""Too many requests, and what a gateway says while the server behind it is overloaded or restarts."""


class Unusable(ValueError):
    """A reply that is no answer. reason: in words, the same for every build. again: whether asking again may help.

    status: of a refusal. billed: whether there may be a bill for it, as for a reply that was lost or cannot be read.
    away: no connection was to be had.
    """

    def __init__(
        self,
        reason: str,
        again: bool = True,
        wait: float = 0.0,
        said: str = "",
        *,
        status: int = 0,
        billed: bool = True,
        away: bool = False,
    ) -> None:
        super().__init__(reason)
        self.reason, self.again, self.wait, self.said = reason, again, wait, said
        self.status, self.billed, self.away = status, billed, away

    @property
    def passing(self) -> bool:
        """Whether the server takes no requests for now, whatever they ask."""
        return self.away or self.status in _PASSING


def answer(body: bytes, choices: tuple[str, ...] = ()) -> Response:
    """The answer in the body of a reply with status 200; raises Unusable. choices: of the request."""
    return completion(parsed(body), choices)


def completion(content: Any, choices: tuple[str, ...] = ()) -> Response:
    """The answer in a chat completion that was read from JSON; raises Unusable."""
    try:
        choice = content["choices"][0]
        text, finish = choice["message"]["content"], choice.get("finish_reason")
    except (TypeError, LookupError, AttributeError):
        raise Unusable("the reply is no chat completion") from None
    if not isinstance(text, str):
        raise Unusable("the reply holds no text")
    usage = content.get("usage")
    return Response(
        text=text,
        finish_reason=finish if isinstance(finish, str) else "unknown",
        tokens_in=_count(usage, "prompt_tokens"),
        tokens_out=_count(usage, "completion_tokens"),
        logprob=_share(text, choice.get("logprobs"), choices) if choices else _logprob(choice.get("logprobs")),
    )


def refusal(status: int, body: bytes, retry_after: str | None, now: float) -> Unusable:
    """Why a reply of another status is no answer. now: seconds since the epoch, against which a date is read."""
    again = status in (408, 409, 425, 429) or status >= 500
    wait = _wait(retry_after, now) if again else 0.0
    return Unusable(f"HTTP {status}", again=again, wait=wait, said=_said(body), status=status, billed=False)


def used_up(body: bytes) -> bool:
    """Whether a 429 says that the account has nothing left, so that no waiting helps."""
    try:
        error = orjson.loads(body)["error"]
        return "insufficient_quota" in (error.get("code"), error.get("type"))
    except (orjson.JSONDecodeError, LookupError, TypeError, AttributeError):
        return False


def parsed(body: bytes) -> Any:
    """orjson refuses lone surrogates, which models do send; Python's own parser takes them."""
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            return json.loads(body)
        except (ValueError, RecursionError):
            raise Unusable("the reply is no JSON") from None


def _count(usage: Any, name: str) -> int:
    count = usage.get(name) if isinstance(usage, dict) else None
    return count if isinstance(count, int) and 0 <= count < 1 << 31 else 0


def _logprob(logprobs: Any) -> float | None:
    try:
        total = math.fsum(token["logprob"] for token in logprobs["content"])
    except (TypeError, LookupError, ValueError, OverflowError):
        return None
    return total if math.isfinite(total) else None


def _share(text: str, logprobs: Any, choices: tuple[str, ...]) -> float | None:
    """The log of the share that the choice which the text spells has among all, at the token that spells it."""
    chosen = spelt(text, choices)
    try:
        for token in logprobs["content"] if chosen is not None else ():
            if chosen is None or spelt(token["token"], choices) != chosen:
                continue
            others = [other for other in token["top_logprobs"] if other["token"] != token["token"]]
            return share([(at["token"], float(at["logprob"])) for at in (token, *others)], chosen, choices)
    except (TypeError, LookupError, ValueError, AttributeError, OverflowError):
        pass
    return None


def _wait(retry_after: str | None, now: float) -> float:
    """Seconds to wait by a Retry-After header, given in seconds or as a date."""
    if not retry_after:
        return 0.0
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(retry_after).timestamp() - now
        except ValueError:
            return 0.0
    return min(max(seconds, 0.0), _LONGEST_WAIT) if math.isfinite(seconds) else 0.0


def _said(body: bytes) -> str:
    """The server's own message, in one line."""
    try:
        error = orjson.loads(body)
        error = error.get("error", error)
        words = error["message"] if isinstance(error, dict) else error
    except (orjson.JSONDecodeError, LookupError, AttributeError):
        words = body.decode("utf-8", "replace")
    return " ".join(str(words).split())[:300]

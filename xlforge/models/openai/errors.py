"""Why a request got no usable response, and what follows: another try, a reject, or the end of the stage."""

import math
import re
import time
from dataclasses import KW_ONLY, dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

from xlforge.requests.response import PROMPT_TOO_LONG

LONGEST_WAIT = 600.0
"""Seconds that a server may ask to be left alone; a build does not sleep longer."""
_BUSY = (429, 502, 503)
"""Too many requests, and what a gateway answers while the server behind it is overloaded or restarts."""
_SHOWN = 300
_NO_CREDIT = re.compile(
    r"insufficient.{0,20}(quota|balance|credit|fund)|(out of|not enough|no) (credit|quota|fund|balance)|payment required"
    r"|(credit|balance|billing|quota|spend\w*|budget|usage limit)\b.{0,60}\b(exceeded|exhausted|used up|too low|reached|depleted|negative)"
    r"|exceeded.{0,40}\b(quota|credit|budget|billing|spending)|billing_(hard_limit|not_active)|(add|purchase|buy) .{0,20}credits",
    re.IGNORECASE | re.DOTALL,
)
_RATE = re.compile(
    r"\bper[ _-]?(second|minute|hour|day)|rate.?limit|\b[rt]p[mds]\b|requests? too (fast|many)|try again in",
    re.IGNORECASE,
)
_CONTEXT = re.compile(
    r"context.{0,3}(length|window|size)|n_ctx|maximum (input|prompt|sequence|model) length|(prompt|input|request|messages?)\b.{0,60}"
    r"\b(is|are|was)? ?(too long|too large|longer than|exceeds?)|too many (input |prompt )?tokens|reduce the length|tokens? limit exceeded",
    re.IGNORECASE | re.DOTALL,
)
_POLICY = re.compile(
    r"content.{0,3}(filter|polic|management|moderation)|moderation|safety|(violat\w+|against).{0,30}polic|polic\w+ violation|prohibited"
    r"|inappropriate|sensitive (content|information)|data_inspection_failed|flagged|responsible.?ai",
    re.IGNORECASE | re.DOTALL,
)
_CONTENT_STATUSES = (400, 403, 413, 422, 451)


@dataclass(eq=False)
class RequestFailed(Exception):
    """A request without a usable response.

    Args:
        reason: short and the same in every build, since it goes into rejects.
        message: the server's own, for the terminal alone.
        retryable: whether another try may help.
        retry_after: seconds that the server wants to be left alone.
        status: of an HTTP error.
        code: `code`, `type` and `param` of the server's error, for those who look for a word in them.
        billed: whether the endpoint may charge for it, as for a response that was lost or cannot be read.
        unreachable: whether there was no connection.
        filtered: whether the provider's content policy withheld the response.
    """

    reason: str
    message: str = ""
    _: KW_ONLY
    retryable: bool = True
    retry_after: float = 0.0
    status: int = 0
    code: str = ""
    billed: bool = True
    unreachable: bool = False
    filtered: bool = False

    @property
    def busy(self) -> bool:
        """Whether the server takes no requests for now, whatever they are."""
        return self.unreachable or self.status in _BUSY

    @property
    def no_credit(self) -> bool:
        """Whether the account has nothing left to pay with."""
        text = f"{self.code} {self.message}"
        refused = 400 <= self.status < 500 and _NO_CREDIT.search(text) and not _RATE.search(text)
        return self.status == 402 or bool(refused)


def http_error(status: int, body: str, retry_after: str | None = None) -> RequestFailed:
    """The failure for a response with another status than 200.

    Args:
        status: of the response.
        body: its text, without secrets.
        retry_after: the header of that name.
    """
    retryable = status in (408, 409, 425, 429) or status >= 500
    error = error_fields(body)
    message = " ".join(str(error.get("message") or body).split())[:_SHOWN]
    code = " ".join(str(error[name]) for name in ("code", "type", "param") if error.get(name))
    failure = RequestFailed(f"HTTP {status}", message, retryable=retryable, status=status, code=code, billed=False)
    failure.retry_after = _seconds(retry_after) if retryable and retry_after else 0.0
    text = f"{code} {orjson.dumps(error.get('innererror') or '').decode()} {message}"
    if status in _CONTENT_STATUSES and not failure.no_credit:
        if status == 413 or _CONTEXT.search(text):
            failure.reason = PROMPT_TOO_LONG
        elif status == 451 or _POLICY.search(text):
            failure.filtered = True
    return failure


def embedded_error(content: Any) -> RequestFailed | None:
    """The failure in a body with status 200 that reports an error; None where it reports none."""
    error = content.get("error") if isinstance(content, dict) else None
    if not error:
        return None
    fields = error if isinstance(error, dict) else {"message": error}
    codes = (fields.get(name) for name in ("code", "status", "status_code"))
    statuses = [int(code) for code in map(str, codes) if code.isdecimal() and 400 <= int(code[:4]) < 600]
    return http_error(statuses[0] if statuses else 500, orjson.dumps({"error": fields}).decode())


def error_fields(body: str) -> dict[str, Any]:
    """The error object in a body; empty where there is none."""
    try:
        error = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
    if isinstance(error, list) and error:
        error = error[0]
    error = error.get("error", error) if isinstance(error, dict) else error
    return error if isinstance(error, dict) else {"message": error}


def _seconds(retry_after: str) -> float:
    """Seconds to wait by a Retry-After header, given in seconds or as a date."""
    try:
        seconds = float(retry_after)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(retry_after).timestamp() - time.time()
        except ValueError:
            return 0.0
    return max(seconds, 0.0) if math.isfinite(seconds) else 0.0

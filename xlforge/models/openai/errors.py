"""Why a request got no usable response, and whether another try may help."""

from __future__ import annotations

import math
import time
from dataclasses import KW_ONLY, dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import orjson

_LONGEST_WAIT = 600.0
_BUSY = (429, 502, 503)
"""Too many requests, and what a gateway answers while the server behind it is overloaded or restarts."""
_SHOWN = 300


@dataclass(eq=False)
class RequestFailed(Exception):
    """A request without a usable response.

    Args:
        reason: short and the same in every build, since it goes into rejects.
        message: the server's own, for the terminal alone.
        retryable: whether another try may help.
        retry_after: seconds that the server wants to be left alone.
        status: of an HTTP error.
        billed: whether the endpoint may charge for it, as for a response that was lost or cannot be read.
        unreachable: whether there was no connection.
    """

    reason: str
    message: str = ""
    _: KW_ONLY
    retryable: bool = True
    retry_after: float = 0.0
    status: int = 0
    billed: bool = True
    unreachable: bool = False

    @property
    def busy(self) -> bool:
        """Whether the server takes no requests for now, whatever they are."""
        return self.unreachable or self.status in _BUSY


def http_error(status: int, body: str, retry_after: str | None = None) -> RequestFailed:
    """The failure for a response with another status than 200.

    Args:
        status: of the response.
        body: its text, without secrets.
        retry_after: the header of that name.
    """
    retryable = status in (408, 409, 425, 429) or status >= 500
    message = " ".join(str(error_fields(body).get("message", body)).split())[:_SHOWN]
    wait = _seconds(retry_after) if retryable and retry_after else 0.0
    return RequestFailed(f"HTTP {status}", message, retryable=retryable, retry_after=wait, status=status, billed=False)


def error_fields(body: str) -> dict[str, Any]:
    """The error object in a body; empty where there is none."""
    try:
        error = orjson.loads(body)
    except orjson.JSONDecodeError:
        return {}
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
    return min(max(seconds, 0.0), _LONGEST_WAIT) if math.isfinite(seconds) else 0.0

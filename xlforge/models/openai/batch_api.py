"""The calls of a hosted batch API (OpenAI's `files` and `batches`), each retried where that may help.

The endpoint's names of files and batches become parts of paths, so only plain names are accepted.
"""

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from xlforge.base.backoff import backoff
from xlforge.models.engine import EngineError
from xlforge.models.openai.bodies import body
from xlforge.models.openai.client import Client
from xlforge.models.openai.errors import RequestFailed, http_error
from xlforge.models.openai.responses import from_completion, parse_json
from xlforge.requests.request import Request
from xlforge.requests.response import Response

_CHAT = "/v1/chat/completions"
_ENDED = ("completed", "expired", "cancelled", "failed")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,200}")
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 60.0


@dataclass(frozen=True)
class BatchState:
    """The state of a batch.

    Args:
        status: as the API names it.
        code: why it failed as a whole.
        message: the same in words.
        files: of responses and of errors.
        done: requests that are finished.
        total: requests in the batch.
    """

    status: str
    code: str
    message: str
    files: tuple[str, ...]
    done: int
    total: int

    @property
    def ended(self) -> bool:
        return self.status in _ENDED


class BatchAPI:
    """The batches of one endpoint. Raises EngineError when it has none, or fails for long."""

    def __init__(self, client: Client, max_retries: int) -> None:
        self._client, self._max_retries = client, max_retries

    async def upload(self, name: str, lines: bytes) -> str:
        """The endpoint's name for a file of requests."""

        async def upload() -> bytes:
            form = aiohttp.FormData({"purpose": "batch"})
            form.add_field("file", lines, filename=f"{name}.jsonl", content_type="application/jsonl")
            return await self._client.request("POST", "files", data=form, timeout=aiohttp.ClientTimeout(total=None))

        return _plain_name((await self._retried(upload, "files")).get("id"))

    async def start(self, file: str, maybe_started: bool) -> str:
        """The batch of an uploaded file, started once: a lost response does not start it twice."""
        order = orjson.dumps({"input_file_id": file, "endpoint": _CHAT, "completion_window": "24h"})

        async def start() -> bytes:
            nonlocal maybe_started
            if maybe_started and (found := await self._started_from(file)):
                return found
            maybe_started = True
            return await self._client.post(order, "batches")

        return _plain_name((await self._retried(start, "batches")).get("id"))

    async def state(self, batch: str) -> BatchState:
        """The state of a batch."""
        fields = await self._retried(lambda: self._client.request("GET", "batches", batch), f"batches/{batch}")
        errors = (fields.get("errors") or {}).get("data") or [{}]
        counts = fields.get("request_counts") or {}
        return BatchState(
            status=str(fields.get("status")),
            code=str(errors[0].get("code") or ""),
            message=" ".join(self._client.redact(str(errors[0].get("message") or "")).split())[:300],
            files=tuple(_plain_name(fields[name]) for name in ("output_file_id", "error_file_id") if fields.get(name)),
            done=int(counts.get("completed") or 0),
            total=int(counts.get("total") or 0),
        )

    async def download(self, file: str, into: Path) -> None:
        """Writes a file of the endpoint, of any length."""

        async def download() -> bytes:
            await self._client.download(into, "files", file, "content")
            return b"{}"

        await self._retried(download, f"files/{file}/content")

    async def delete(self, files: list[str]) -> None:
        """Deletes files, where the endpoint allows it."""
        for file in files:
            with suppress(RequestFailed, EngineError):
                await self._client.request("DELETE", "files", file)

    async def _started_from(self, file: str) -> bytes | None:
        after: dict[str, str] = {}
        while True:
            page = parse_json(await self._client.request("GET", "batches", params={"limit": "100"} | after))
            for batch in page["data"]:
                if batch["input_file_id"] == file:
                    return orjson.dumps(batch)
            if not page.get("has_more"):
                return None
            after = {"after": page["data"][-1]["id"]}

    async def _retried(self, call: Callable[[], Awaitable[bytes]], place: str) -> dict[str, Any]:
        for failures in count():
            try:
                fields = parse_json(await call())
                return fields if isinstance(fields, dict) else {}
            except RequestFailed as failure:
                if not failure.retryable or failures >= self._max_retries:
                    raise self._error(failure, place) from None
                await asyncio.sleep(failure.retry_after + backoff(failures, _FIRST_WAIT, _LONGEST_WAIT))
        raise AssertionError("the last try returns or raises")

    def _error(self, failure: RequestFailed, place: str) -> EngineError:
        message = f" ({failure.message})" if failure.message else ""
        remedy = "submitted batches are recorded: run again to continue with them"
        if failure.status == 404 and place in ("files", "batches"):
            remedy = "it has no hosted batches: set execution.mode to live"
        elif failure.status == 404:
            remedy = "it has lost what was submitted: remove .xlforge/batches to submit it again"
        return EngineError(f"{self._client.host}/{place}: {failure.reason}{message}; {remedy}")


def line(request: Request, token_limit: str) -> bytes:
    """A request as a line of the file that is uploaded. token_limit: see `body`."""
    fields = {"custom_id": request.key, "method": "POST", "url": _CHAT}
    return orjson.dumps(fields | {"body": orjson.Fragment(body(request, token_limit))}) + b"\n"


def outcomes(
    file: Path, requests: dict[str, Request], redact: Callable[[str], str]
) -> Iterator[tuple[str, Response | RequestFailed]]:
    """What the lines of a downloaded file report of the requests that are known, by key."""
    with file.open("rb") as lines:
        for each in lines:
            with suppress(RequestFailed, TypeError, LookupError, ValueError):
                fields = parse_json(each)
                key = fields["custom_id"]
                if key in requests:
                    yield key, _outcome(fields, requests[key], redact)


def _outcome(fields: Any, request: Request, redact: Callable[[str], str]) -> Response | RequestFailed:
    reply = fields.get("response")
    if not isinstance(reply, dict):
        expired = (fields.get("error") or {}).get("code") == "batch_expired"
        return RequestFailed("the batch expired" if expired else "the batch gave no response", billed=False)
    if reply.get("status_code") != 200:
        failure = http_error(int(reply.get("status_code") or 0), redact(orjson.dumps(reply.get("body")).decode()))
        return Response("", "content_filter", 0, 0) if failure.filtered else failure
    try:
        return from_completion(reply.get("body"), request)
    except RequestFailed as failure:
        return failure


def _plain_name(name: Any) -> str:
    if not isinstance(name, str) or not _NAME.fullmatch(name):
        raise EngineError("the endpoint's batches are not as OpenAI's are: set execution.mode to live")
    return name

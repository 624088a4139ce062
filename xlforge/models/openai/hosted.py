"""The calls of a hosted batch API (OpenAI's `files` and `batches`), each tried again where that may help.

What the endpoint calls its files and batches goes into paths, so only plain names are taken.
"""

from __future__ import annotations

import asyncio
import random
import re
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import aiohttp
import orjson

from xlforge.models.engine import EngineError
from xlforge.models.openai.bodies import body
from xlforge.models.openai.connection import Connection
from xlforge.models.openai.replies import Unusable, completion, parsed, refusal
from xlforge.requests.request import Request
from xlforge.requests.response import Response

_CHAT = "/v1/chat/completions"
_ENDED = ("completed", "expired", "cancelled", "failed")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,200}")
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 60.0


@dataclass(frozen=True)
class State:
    """Where a batch stands. code, message: why it failed as a whole. files: of answers and of errors. done, total: requests."""

    status: str
    code: str
    message: str
    files: tuple[str, ...]
    done: int
    total: int

    @property
    def ended(self) -> bool:
        return self.status in _ENDED


class Hosted:
    """The batches of one endpoint. Raises EngineError when it has none, or does not answer for long."""

    def __init__(self, connection: Connection, retries: int) -> None:
        self._connection, self._retries = connection, retries

    async def upload(self, file: Path) -> str:
        """The endpoint's name for a file of requests."""

        async def send() -> bytes:
            form = aiohttp.FormData({"purpose": "batch"})
            with file.open("rb") as content:
                form.add_field("file", content, filename=f"{file.stem}.jsonl", content_type="application/jsonl")
                return await self._connection.ask("POST", "files", data=form, timeout=aiohttp.ClientTimeout(total=None))

        return _name((await self._patiently(send, "files")).get("id"))

    async def start(self, file: str, maybe_started: bool) -> str:
        """The batch of an uploaded file, started once: a lost reply does not start it twice."""
        order = orjson.dumps({"input_file_id": file, "endpoint": _CHAT, "completion_window": "24h"})

        async def start() -> bytes:
            nonlocal maybe_started
            if maybe_started and (there := await self._started_from(file)):
                return there
            maybe_started = True
            return await self._connection.ask("POST", "batches", data=order)

        return _name((await self._patiently(start, "batches")).get("id"))

    async def look(self, batch: str) -> State:
        """Where a batch stands."""
        said = await self._patiently(lambda: self._connection.ask("GET", "batches", batch), f"batches/{batch}")
        errors = (said.get("errors") or {}).get("data") or [{}]
        counts = said.get("request_counts") or {}
        return State(
            status=str(said.get("status")),
            code=str(errors[0].get("code") or ""),
            message=self._connection.discreet(" ".join(str(errors[0].get("message") or "").split())[:300]),
            files=tuple(_name(said[name]) for name in ("output_file_id", "error_file_id") if said.get(name)),
            done=int(counts.get("completed") or 0),
            total=int(counts.get("total") or 0),
        )

    async def fetch(self, file: str, into: Path) -> None:
        """An endpoint's file, of any length."""

        async def fetch() -> bytes:
            await self._connection.fetch(into, "files", file, "content")
            return b"{}"

        await self._patiently(fetch, f"files/{file}/content")

    async def drop(self, files: list[str]) -> None:
        """Tidies up; an endpoint may refuse."""
        for file in files:
            try:
                await self._connection.ask("DELETE", "files", file)
            except (Unusable, EngineError):
                continue

    async def _started_from(self, file: str) -> bytes | None:
        after: dict[str, str] = {}
        while True:
            page = parsed(await self._connection.ask("GET", "batches", params={"limit": "100"} | after))
            for batch in page["data"]:
                if batch["input_file_id"] == file:
                    return orjson.dumps(batch)
            if not page.get("has_more"):
                return None
            after = {"after": page["data"][-1]["id"]}

    async def _patiently(self, call: Callable[[], Awaitable[bytes]], place: str) -> dict[str, Any]:
        for tried in count():
            try:
                said = parsed(await call())
                return said if isinstance(said, dict) else {}
            except Unusable as fault:
                if not fault.again or tried >= self._retries:
                    raise self._told(fault, place) from None
                await asyncio.sleep(fault.wait + random.uniform(0, min(_LONGEST_WAIT, _FIRST_WAIT * 2**tried)))
        raise AssertionError("the last try returns or raises")

    def _told(self, fault: Unusable, place: str) -> EngineError:
        said = f" ({fault.said})" if fault.said else ""
        remedy = "what was handed in is written down: run again to go on with it"
        if fault.status == 404:
            remedy = (
                "it has no hosted batches: set execution.mode to live"
                if place in ("files", "batches")
                else "it has lost what was handed in: remove .xlforge/batches to hand it in again"
            )
        return EngineError(f"{self._connection.url.host}/{place}: {fault.reason}{said}; {remedy}")


def line(request: Request) -> bytes:
    """A request as a line of the file that is uploaded."""
    asked = {"custom_id": request.key, "method": "POST", "url": _CHAT, "body": orjson.Fragment(body(request))}
    return orjson.dumps(asked) + b"\n"


def outcomes(file: Path, requests: dict[str, Request]) -> Iterator[tuple[str, Response | Unusable]]:
    """What the lines of a fetched file say of the requests that are known, by key."""
    with file.open("rb") as lines:
        for each in lines:
            try:
                said = parsed(each)
                key = said["custom_id"]
                if key in requests:
                    yield key, _outcome(said, requests[key])
            except (Unusable, TypeError, LookupError):
                continue


def _outcome(said: Any, request: Request) -> Response | Unusable:
    reply = said.get("response")
    if not isinstance(reply, dict):
        code = (said.get("error") or {}).get("code")
        return Unusable("the batch expired" if code == "batch_expired" else "the batch gave no answer", billed=False)
    if reply.get("status_code") != 200:
        return refusal(int(reply.get("status_code") or 0), orjson.dumps(reply.get("body")), None, 0.0)
    try:
        return completion(reply.get("body"), request.choices)
    except Unusable as fault:
        return fault


def _name(said: Any) -> str:
    if not isinstance(said, str) or not _NAME.fullmatch(said):
        raise EngineError("the endpoint's batches are not as OpenAI's are: set execution.mode to live")
    return said

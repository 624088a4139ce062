"""The engine behind an OpenAI-compatible endpoint: many requests in flight, each for itself.

Workers take requests from one queue, so a slow one holds up nobody; a worker takes the next request only when the last answer is
committed, so a killed build has lost no more than `concurrency` answers. What may pass (429, 5xx, time-outs, lost
connections, replies cut off) is tried again with exponential back-off and full jitter, never before Retry-After.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections import deque
from collections.abc import Sequence
from typing import Any
from urllib.request import getproxies, proxy_bypass

import aiohttp
import orjson
from yarl import URL

from xlforge.core.params import Execution, Model
from xlforge.engines.engine import Bought, EngineError, Till
from xlforge.engines.request import Answer, Request, unicode_only
from xlforge.execution import environment
from xlforge.execution.replies import Unusable, answer, refusal

_LARGEST = 8 << 20
_FIRST_WAIT, _LONGEST_WAIT = 0.5, 60.0
_LOOK = 20.0
_TOP = 5
"""Likeliest tokens asked for where the shares of choices are wanted: as many as every server gives, and AlpacaEval takes."""


class EndpointEngine:
    """A model at the endpoint of its role. Raises EngineError when none is configured or none answers.

    The key is read from the environment here and goes into no message.
    """

    def __init__(self, spec: Model, role: str, execution: Execution) -> None:
        self._name = f"XLFORGE_ENDPOINT_{role.upper()}"
        url = environment.endpoint(execution, role)
        if not url:
            raise EngineError(
                f"no endpoint serves the {role}, {spec.model}: set XLFORGE_ENDPOINT (or {self._name} for this role) to an "
                "OpenAI-compatible base URL such as http://localhost:8000/v1"
            )
        self._url = URL(url.rstrip("/"))
        if self._url.scheme not in ("http", "https") or not self._url.host:
            raise EngineError(f"the endpoint of the {role} is no URL: {self._name} must begin with http:// or https://")
        self._chat = self._url / "chat" / "completions"
        self._spec, self._role, self._execution = spec, role, execution
        self._key = environment.api_key(role)
        self._proxy = None if proxy_bypass(self._url.host) else getproxies().get(self._url.scheme)
        self._loop = asyncio.new_event_loop()
        self._session: aiohttp.ClientSession | None = None
        self._ending = False
        try:
            self._loop.run_until_complete(self._open())
        except BaseException:
            self.close()
            raise

    def ask(self, requests: Sequence[Request], till: Till) -> None:
        """Answer all, at most `concurrency` of them in flight."""
        self._loop.run_until_complete(self._ask(deque(requests), till))

    def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            self._loop.run_until_complete(self._session.close())
            self._session = None
        self._loop.close()

    async def _open(self) -> None:
        headers = {"Content-Type": "application/json"}
        if self._key:
            headers["Authorization"] = f"Bearer {self._key}"
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=self._execution.timeout),
            headers=headers,
            proxy=self._proxy,
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        look = aiohttp.ClientTimeout(total=min(_LOOK, self._execution.timeout))
        try:
            async with self._session.get(self._url / "models", timeout=look, allow_redirects=False) as reply:
                status = reply.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise EngineError(
                f"no server answers at {self._url.host} for the {self._role} ({type(error).__name__}): start it, or set "
                f"XLFORGE_ENDPOINT or {self._name} to one that runs"
            ) from None
        if status != 404:  # a server may lack the list; a wrong base URL shows at the first request
            self._stop_at(status)

    async def _ask(self, queue: deque[Request], till: Till) -> None:
        counter = _Counter(till)
        workers = [
            asyncio.create_task(self._work(queue, till, counter))
            for _ in range(min(self._execution.concurrency, len(queue)))
        ]
        try:
            await asyncio.gather(*workers)
        except EngineError:
            # What is in flight is paid for: nothing new is asked, and what still arrives is kept.
            queue.clear()
            self._ending = True
            await asyncio.gather(*workers, return_exceptions=True)
            raise
        finally:
            for worker in workers:
                worker.cancel()
            await asyncio.gather(*workers, return_exceptions=True)
            await counter.settled()

    async def _work(self, queue: deque[Request], till: Till, counter: _Counter) -> None:
        while queue:
            request = queue.popleft()
            try:
                bought = await self._answer(request)
            except Unusable as fault:
                till.fail(request, fault.reason, fault.said)
            else:
                await counter.keep((request, bought))

    async def _answer(self, request: Request) -> Answer:
        body = self._body(request)
        for tried in range(self._execution.retries + 1):
            try:
                return await self._try(body, request.choices)
            except Unusable as fault:
                if not fault.again or self._ending or tried == self._execution.retries:
                    raise
                await asyncio.sleep(fault.wait + random.uniform(0, min(_LONGEST_WAIT, _FIRST_WAIT * 2**tried)))
        raise AssertionError("the last try returns or raises")

    async def _try(self, body: bytes, choices: tuple[str, ...]) -> Answer:
        assert self._session is not None
        try:
            async with self._session.post(self._chat, data=body, allow_redirects=False) as reply:
                content = await _bounded(reply)
                if reply.status == 200:
                    return answer(content, choices)
                self._stop_at(reply.status)
                fault = refusal(reply.status, content, reply.headers.get("Retry-After"), time.time())
        except TimeoutError:
            raise Unusable("no reply in time") from None
        except (aiohttp.ClientError, OSError):
            raise Unusable("the connection was lost") from None
        fault.said = self._discreet(fault.said)
        raise fault

    def _stop_at(self, status: int) -> None:
        """Some refusals concern every request alike."""
        if status in (401, 403):
            key = f"XLFORGE_API_KEY_{self._role.upper()}"
            had = "the API key is not accepted" if self._key else "it wants an API key"
            raise EngineError(f"{self._url.host} answers HTTP {status}, {had}: set XLFORGE_API_KEY or {key}")
        if status == 404:
            raise EngineError(
                f"{self._url.host} answers HTTP 404: it serves no model {self._spec.model} (the {self._role} in params.yaml), "
                f"or XLFORGE_ENDPOINT is not its base URL, which mostly ends in /v1"
            )

    def _body(self, request: Request) -> bytes:
        sampling = request.sampling
        body: dict[str, Any] = {
            "model": request.model,
            "messages": [{"role": role, "content": unicode_only(content)} for role, content in request.messages],
            "temperature": sampling.temperature,
            "top_p": sampling.top_p,
            "max_tokens": sampling.max_tokens,
            "seed": request.seed,
        }
        if request.logprobs:
            body["logprobs"] = True
        if request.logprobs and request.choices:
            body["top_logprobs"] = _TOP
        if request.schema is not None:
            schema = {"name": "answer", "schema": request.schema, "strict": True}
            body["response_format"] = {"type": "json_schema", "json_schema": schema}
        return orjson.dumps(body)

    def _discreet(self, said: str) -> str:
        """Servers quote what they were sent."""
        for secret in (self._key, str(self._url), self._url.password):
            if secret:
                said = said.replace(secret, "…")
        return said


class _Counter:
    """Hands answers to the till; those that arrive while a commit is under way go together in the next."""

    def __init__(self, till: Till) -> None:
        self._till = till
        self._waiting: list[tuple[Bought, asyncio.Future[None]]] = []
        self._busy: asyncio.Task[None] | None = None

    async def keep(self, bought: Bought) -> None:
        """Returns when the answer is committed."""
        committed = asyncio.get_running_loop().create_future()
        self._waiting.append((bought, committed))
        if self._busy is None or self._busy.done():
            self._busy = asyncio.create_task(self._commit())
        await committed

    async def settled(self) -> None:
        """Returns when no commit is under way."""
        if self._busy is not None:
            await asyncio.wait({self._busy})

    async def _commit(self) -> None:
        while self._waiting:
            group, self._waiting = self._waiting, []
            fault: Exception | None = None
            try:
                await asyncio.wrap_future(self._till.keep([bought for bought, _ in group]))
            except Exception as error:  # each of those who wait must hear of it
                fault = error
            for _, committed in group:
                if not committed.done():
                    committed.set_exception(fault) if fault else committed.set_result(None)


async def _bounded(reply: aiohttp.ClientResponse) -> bytes:
    """The whole body; Unusable for one without end."""
    body = bytearray()
    async for part in reply.content.iter_any():
        body += part
        if len(body) > _LARGEST:
            reply.close()
            raise Unusable(f"the reply is longer than {_LARGEST >> 20} MB", again=False)
    return bytes(body)

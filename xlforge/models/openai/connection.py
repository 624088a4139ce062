"""HTTP with one OpenAI-compatible endpoint: its address, its key, its refusals.

The key is read from the environment here and goes into no message.
"""

from __future__ import annotations

import time
from functools import cache
from pathlib import Path
from typing import Any
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from xlforge.config import environment
from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.models.engine import EngineError
from xlforge.models.openai.replies import Unusable, refusal, used_up

LARGEST = 8 << 20
_LOOK = 20.0
_GOING = 0.5
"""Seconds after a lost connection: a server that dies may take new ones for a moment, and lose them too."""
_JSON = {"Content-Type": "application/json"}


class Connection:
    """The endpoint of a role. Raises EngineError when none is configured, none answers, or one refuses everything alike."""

    def __init__(self, spec: Model, role: str, execution: Execution) -> None:
        self._name = f"XLFORGE_ENDPOINT_{role.upper()}"
        url = environment.endpoint(execution, role)
        if not url:
            raise EngineError(
                f"no endpoint serves the {role}, {spec.model}: set XLFORGE_ENDPOINT (or {self._name} for this role) to an "
                "OpenAI-compatible base URL such as http://localhost:8000/v1"
            )
        self.url = URL(url.rstrip("/"))
        if self.url.scheme not in ("http", "https") or not self.url.host:
            raise EngineError(f"the endpoint of the {role} is no URL: {self._name} must begin with http:// or https://")
        self._spec, self._role, self._timeout = spec, role, execution.timeout
        # A user and password in the URL are sent as the same header: what names this one server goes before what may be everybody's.
        self._key = None if self.url.user else environment.api_key(role)
        self._proxy = None if proxy_bypass(self.url.host) else getproxies().get(self.url.scheme)
        self._address = cache(self.url.joinpath)
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Connects, and sees that a server answers."""
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=self._timeout),
            headers={"Authorization": f"Bearer {self._key}"} if self._key else None,
            proxy=self._proxy,
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        look = aiohttp.ClientTimeout(total=min(_LOOK, self._timeout))
        try:
            async with self._session.get(self.url / "models", timeout=look, allow_redirects=False) as reply:
                status = reply.status
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise EngineError(
                f"no server answers at {self.url.host} for the {self._role} ({type(error).__name__}): start it, or set "
                f"XLFORGE_ENDPOINT or {self._name} to one that runs"
            ) from None
        if status != 404:  # a server may lack the list; a wrong base URL shows at the first request
            self._stop_at(status, b"")

    async def close(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def ask(self, method: str, *path: str, longest: int = LARGEST, **sent: Any) -> bytes:
        """The body of a reply with status 200. sent: see aiohttp; a body of bytes is taken for JSON.

        Raises Unusable for every other reply and for none, EngineError where another request would fare no better.
        """
        assert self._session is not None
        if isinstance(sent.get("data"), bytes):
            sent["headers"] = _JSON
        try:
            async with self._session.request(method, self._address(*path), allow_redirects=False, **sent) as reply:
                content = await _bounded(reply, longest)
                if reply.status == 200:
                    return content
                if path[0] == "chat" or reply.status != 404:
                    self._stop_at(reply.status, content)
                fault = refusal(reply.status, content, reply.headers.get("Retry-After"), time.time())
        except aiohttp.ClientConnectorError:
            raise Unusable("the connection was lost", billed=False, away=True) from None
        except TimeoutError:
            raise Unusable("no reply in time") from None
        except (aiohttp.ClientError, OSError):
            raise Unusable("the connection was lost", wait=_GOING) from None
        fault.said = self.discreet(fault.said)
        raise fault

    async def fetch(self, file: Path, *path: str) -> None:
        """A body of any length into a file. Raises as `ask`."""
        assert self._session is not None
        patient = aiohttp.ClientTimeout(total=None, sock_read=self._timeout)
        try:
            async with self._session.get(self._address(*path), allow_redirects=False, timeout=patient) as reply:
                if reply.status != 200:
                    content = await _bounded(reply, LARGEST)
                    raise refusal(reply.status, content, reply.headers.get("Retry-After"), time.time())
                with file.open("wb") as target:
                    async for part in reply.content.iter_any():
                        target.write(part)
        except TimeoutError:
            raise Unusable("no reply in time") from None
        except aiohttp.ClientError:
            raise Unusable("the connection was lost") from None

    def discreet(self, said: str) -> str:
        """Servers quote what they were sent."""
        password, bare = self.url.password, self.url.with_user(None)
        sent = password and aiohttp.BasicAuth(self.url.user or "", password).encode().split()[-1]
        for secret in (self._key, str(self.url), str(bare), bare.authority, password, sent):
            if secret:
                said = said.replace(secret, "…")
        return said

    def lost(self, seconds: float) -> str:
        """What to tell of a server that is gone for so long."""
        return (
            f"the server at {self.url.host} has taken no connection of the {self._role} for {seconds:.0f} s: what was answered is "
            "kept; see that it runs, and run again"
        )

    def _stop_at(self, status: int, content: bytes) -> None:
        """Some refusals concern every request alike."""
        if status in (401, 403):
            key = f"XLFORGE_API_KEY_{self._role.upper()}"
            had = "the API key is not accepted" if self._key else "it wants an API key"
            raise EngineError(f"{self.url.host} answers HTTP {status}, {had}: set XLFORGE_API_KEY or {key}")
        if status == 404:
            raise EngineError(
                f"{self.url.host} answers HTTP 404: it serves no model {self._spec.model} (the {self._role} in params.yaml), "
                f"or XLFORGE_ENDPOINT is not its base URL, which mostly ends in /v1"
            )
        if status == 429 and used_up(content):
            raise EngineError(
                f"{self.url.host} answers that the account's quota is used up: pay in there, and run again; what was answered is kept"
            )


async def _bounded(reply: aiohttp.ClientResponse, longest: int) -> bytes:
    """The whole body; Unusable for one without end."""
    body = bytearray()
    async for part in reply.content.iter_any():
        body += part
        if len(body) > longest:
            reply.close()
            raise Unusable(f"the reply is longer than {longest >> 20} MB", again=False)
    return bytes(body)

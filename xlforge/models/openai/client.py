"""HTTP with one OpenAI-compatible endpoint: its address, its key, its errors.

The key is read from the environment here and goes into no message.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from pathlib import Path
from typing import Any, NoReturn
from urllib.request import getproxies, proxy_bypass

import aiohttp
from yarl import URL

from xlforge.base.redact import redactor
from xlforge.config import environment
from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.models.engine import EngineError
from xlforge.models.openai.errors import LONGEST_WAIT, RequestFailed, http_error
from xlforge.models.openai.truncation import Truncation
from xlforge.requests.response import PROMPT_TOO_LONG

_MEGABYTES = 8
"""The largest body that is read into memory."""
_ERROR_BYTES = 1 << 16
_PROBE = 20.0
_LOST = 0.5
"""Seconds to wait after a lost connection: a server that dies may accept new ones for a moment, and lose them too."""
_JSON = {"Content-Type": "application/json"}
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


class Client:
    """The endpoint of a role. Raises EngineError when none is configured, none answers, or it refuses every request alike."""

    def __init__(self, spec: Model, role: str, execution: Execution) -> None:
        self._variable = f"XLFORGE_ENDPOINT_{role.upper()}"
        url = environment.endpoint(execution, role)
        if not url:
            raise EngineError(
                f"no endpoint serves the {role}, {spec.model}: set XLFORGE_ENDPOINT (or {self._variable} for this role) to an "
                "OpenAI-compatible base URL such as http://localhost:8000/v1"
            )
        whole = URL(url)
        self.url = whole.with_path(whole.raw_path.rstrip("/"), encoded=True, keep_query=True)
        if self.url.scheme not in ("http", "https") or not self.url.host:
            what = f"the endpoint of the {role} is not a URL"
            raise EngineError(f"{what}: {self._variable} must begin with http:// or https://")
        self.host = self.url.host
        self._spec, self._role, self._timeout = spec, role, execution.timeout
        # A user and password in the URL are sent as the same header. They are for this server, the key may be for several.
        self._key = None if self.url.user else environment.api_key(role)
        self._key_header = execution.key_header
        user, password, bare = self.url.user, self.url.password, self.url.with_user(None)
        login = f"{user or ''}:{password}" if password else None
        addresses = (str(self.url), str(bare), bare.authority, bare.query_string)
        self.redact = redactor((self._key, password, login, *addresses))
        self._join = cache(self._address)
        self._proxy: str | None = None
        self.token_limit: str = spec.token_limit
        self.truncation = Truncation(self.host, spec.model)
        self.renamed = False
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Connects, and checks that a server answers."""
        direct = self.host in _LOOPBACK or proxy_bypass(self.host)
        self._proxy = None if direct else getproxies().get(self.url.scheme)
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=self._timeout),
            headers=self._login() if self._key else None,
            proxy=self._proxy,
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        probe = aiohttp.ClientTimeout(total=min(_PROBE, self._timeout))
        try:
            async with self._session.get(self._join("models"), timeout=probe, allow_redirects=False) as reply:
                status, headers = reply.status, reply.headers
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            through = f" through the proxy {URL(self._proxy).host}" if self._proxy else ""
            raise EngineError(
                f"no server answers at {self.host}{through} for the {self._role} ({type(error).__name__}): start it, or set "
                f"XLFORGE_ENDPOINT or {self._variable} to one that runs"
            ) from None
        self._stop_if_redirected(status, headers.get("Location"))
        if status != 404:  # a server may have no list of models; a wrong base URL shows at the first request
            self.stop_if_hopeless(http_error(status, ""))

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def post(self, body: bytes, *path: str) -> bytes:
        """Sends JSON; see `request`."""
        return await self.request("POST", *path, data=body, headers=_JSON)

    async def request(self, method: str, *path: str, **options: Any) -> bytes:
        """The body of a response with status 200.

        Args:
            method: of HTTP.
            path: below the base URL, part by part.
            options: of aiohttp.

        Raises:
            RequestFailed: another status, or no response.
            EngineError: every other request would fail in the same way.
        """
        async with self._reply(method, path, **options) as reply:
            return await _body(reply)

    async def download(self, file: Path, *path: str) -> None:
        """Writes a body of any length into a file. Raises as `request`."""
        timeout = aiohttp.ClientTimeout(total=None, sock_read=self._timeout)
        async with self._reply("GET", path, timeout=timeout) as reply:
            with file.open("wb") as target:
                async for part in reply.content.iter_any():
                    target.write(part)

    @asynccontextmanager
    async def _reply(self, method: str, path: tuple[str, ...], **options: Any) -> AsyncIterator[aiohttp.ClientResponse]:
        """A response with status 200, whose body is read inside. Raises as `request`."""
        assert self._session is not None
        try:
            async with self._session.request(method, self._join(*path), allow_redirects=False, **options) as reply:
                if reply.status != 200:
                    self._fail(reply, await _body(reply), path)
                yield reply
        except aiohttp.ClientConnectorError:
            raise RequestFailed("the connection was lost", billed=False, unreachable=True) from None
        except TimeoutError:
            raise RequestFailed("no response in time") from None
        except (aiohttp.ClientError, ConnectionError):
            raise RequestFailed("the connection was lost", retry_after=_LOST) from None

    def _fail(self, reply: aiohttp.ClientResponse, body: bytes, path: tuple[str, ...]) -> NoReturn:
        text = self.redact(body[:_ERROR_BYTES].decode("utf-8", "replace"))
        self._stop_if_redirected(reply.status, reply.headers.get("Location"))
        failure = http_error(reply.status, text, reply.headers.get("Retry-After"))
        if path[0] == "chat" or reply.status != 404:
            self.stop_if_hopeless(failure)
        raise failure

    def _address(self, *path: str) -> URL:
        """A path below the base URL, with the base URL's query."""
        return self.url.joinpath(*path).with_query(self.url.query)

    def _login(self) -> dict[str, str]:
        plain = self._key_header.lower() != "authorization"
        return {self._key_header: str(self._key) if plain else f"Bearer {self._key}"}

    def _stop_if_redirected(self, status: int, location: str | None) -> None:
        if 300 <= status < 400 and status != 304:
            where = self.redact(location or "another address")[:200]
            where = where.removesuffix("/chat/completions").removesuffix("/models")
            what = f"{self.host} redirects the {self._role} to {where} (HTTP {status})"
            raise EngineError(f"{what}: set XLFORGE_ENDPOINT or {self._variable} to the address that it redirects to")

    def stop_if_hopeless(self, failure: RequestFailed) -> None:
        """EngineError for a failure that concerns every request alike."""
        status = failure.status
        if failure.no_credit:
            what = f"{self.host} answers that the account has no credit left (HTTP {status}: {failure.message})"
            raise EngineError(f"{what}: add credit, and run again")
        if failure.retry_after > LONGEST_WAIT:
            hours = failure.retry_after / 3600
            what = f"(HTTP {status}, Retry-After {failure.retry_after:.0f} s): run again then. Every response is in the cache"
            raise EngineError(f"{self.host} takes no requests for {hours:.1f} hours {what}")
        if failure.filtered or failure.reason == PROMPT_TOO_LONG:
            return
        if status == 407:
            proxy = URL(self._proxy or "").host
            raise EngineError(f"the proxy {proxy} wants a login (HTTP 407): set it in HTTPS_PROXY or HTTP_PROXY")
        if status in (401, 403):
            key = f"XLFORGE_API_KEY_{self._role.upper()}"
            fault = "the API key is not accepted" if self._key else "it wants an API key"
            raise EngineError(f"{self.host} answers HTTP {status}, {fault}: set XLFORGE_API_KEY or {key}")
        if status == 404:
            raise EngineError(
                f"{self.host} answers HTTP 404: it serves no model {self._spec.model} (the {self._role} in params.yaml), "
                f"or XLFORGE_ENDPOINT is not its base URL, which mostly ends in /v1"
            )


async def _body(reply: aiohttp.ClientResponse) -> bytes:
    """The whole body; RequestFailed for one without end."""
    body = bytearray()
    async for part in reply.content.iter_any():
        body += part
        if len(body) > _MEGABYTES << 20:
            reply.close()
            raise RequestFailed(f"the response is longer than {_MEGABYTES} MB", retryable=False)
    return bytes(body)

"""The engine `vllm`: the endpoint of a role where one is configured and answers, else a server of our own, started when it is needed.

The server is held while it is asked and not between, so that two models that do not fit together take turns.
"""

from __future__ import annotations

import os
import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from concurrent.futures import Future
from typing import Any
from urllib.parse import urlsplit

from xlforge.config import environment
from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.models.engine import EngineError, Sink
from xlforge.models.openai.engine import OpenAIEngine
from xlforge.models.vllm.lease import leased, trouble
from xlforge.models.vllm.plan import Plan, plan
from xlforge.requests.request import Request
from xlforge.requests.response import Completed, Response

_OWN: dict[str, Any] = {
    "mode": "live",
    "modes": {},
    "limits": {},
    "requests_per_minute": None,
    "tokens_per_minute": None,
    "budget": None,
}
"""How a server of our own is asked, whatever holds for endpoints of others."""
_LOOK = 10.0


class VllmEngine:
    """A model behind vLLM's server. Raises EngineError when there is neither an endpoint nor a server to be had."""

    def __init__(self, spec: Model, role: str, execution: Execution) -> None:
        self._spec, self._role, self._execution = spec, role, execution
        self._endpoint: OpenAIEngine | None = None
        self._plan: Plan | None = None
        given = environment.endpoint(execution, role)
        if given and answers(given):
            self._endpoint = OpenAIEngine(spec, role, execution)
            return
        if given:
            host = urlsplit(given).hostname
            print(f"{role}: no server answers at {host}, so one is started here", file=sys.stderr, flush=True)
        self._plan = plan(spec, execution.servers)
        _leave_loopback_alone()

    def generate(self, requests: Sequence[Request], sink: Sink) -> None:
        """Response all; EngineError with the server's last words if it ends meanwhile."""
        if self._plan is None:
            assert self._endpoint is not None
            self._endpoint.generate(requests, sink)
            return
        own = self._plan
        with leased(own, self._execution.servers) as server:
            endpoints = {**self._execution.endpoints, self._role: server.url}
            execution = self._execution.model_copy(update={**_OWN, "endpoints": endpoints})
            engine = OpenAIEngine(self._spec, self._role, execution, gone=lambda: trouble(own))
            try:
                engine.generate(requests, _Watching(sink, own))
            finally:
                engine.close()

    def close(self) -> None:
        """Close the connections; the server stays."""
        if self._endpoint is not None:
            self._endpoint.close()


class _Watching:
    """A sink that gives nothing up for a server that is gone: that is no fault of the rows."""

    def __init__(self, sink: Sink, plan: Plan) -> None:
        self._sink, self._plan = sink, plan

    def put(self, bought: Sequence[Completed]) -> Future[list[Response]]:
        return self._sink.put(bought)

    def fail(self, request: Request, reason: str, said: str = "") -> None:
        if gone := trouble(self._plan):
            raise EngineError(gone)
        self._sink.fail(request, reason, said)


def answers(url: str) -> bool:
    """Whether anything answers at a base URL, be it a refusal; what is no URL of a server is for the endpoint's engine to tell."""
    if urlsplit(url).scheme not in ("http", "https"):
        return True
    try:
        with urllib.request.urlopen(f"{url.rstrip('/')}/models", timeout=_LOOK):
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False


def _leave_loopback_alone() -> None:
    """A proxy that the environment names is not asked for our own server."""
    for name in ("no_proxy", "NO_PROXY"):
        if "127.0.0.1" not in os.environ.get(name, ""):
            os.environ[name] = ",".join(filter(None, (os.environ.get(name), "127.0.0.1")))

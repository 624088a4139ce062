"""The engine `vllm`: the endpoint of a role where one is configured and answers, else a server that is started when it is needed.

The server is held only while it generates, so two models that do not fit together take turns.
"""

from __future__ import annotations

import sys
import urllib.error
import urllib.request
from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from xlforge.config import environment
from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.models.engine import Sink
from xlforge.models.openai.engine import OpenAIEngine
from xlforge.models.vllm.server_spec import server_spec
from xlforge.models.vllm.servers import failure, running_server
from xlforge.requests.request import Request

_OWN_SERVER: dict[str, Any] = {
    "mode": "live",
    "modes": {},
    "limits": {},
    "requests_per_minute": None,
    "tokens_per_minute": None,
    "budget": None,
}
"""Settings for a server of our own, whatever is set for other endpoints."""
_PROBE = 10.0


class VllmEngine:
    """A model behind vLLM's server. Raises EngineError when no endpoint answers and no server can be started."""

    def __init__(self, spec: Model, role: str, execution: Execution) -> None:
        self._spec, self._role, self._execution = spec, role, execution
        self._endpoint: OpenAIEngine | None = None
        url = environment.endpoint(execution, role)
        if url and answers(url):
            self._endpoint = OpenAIEngine(spec, role, execution)
            return
        if url:
            print(f"{role}: no server answers at {urlsplit(url).hostname}; starting one", file=sys.stderr, flush=True)
        self._server = server_spec(spec, execution.servers)

    def generate(self, requests: Sequence[Request], sink: Sink) -> None:
        """See Engine. EngineError with the last lines of the server's log if it ends meanwhile."""
        if self._endpoint is not None:
            self._endpoint.generate(requests, sink)
            return
        with running_server(self._server, self._execution.servers) as server:
            endpoints = {**self._execution.endpoints, self._role: server.url}
            execution = self._execution.model_copy(update={**_OWN_SERVER, "endpoints": endpoints})
            engine = OpenAIEngine(self._spec, self._role, execution, server_gone=lambda: failure(self._server))
            try:
                engine.generate(requests, sink)
            finally:
                engine.close()

    def close(self) -> None:
        """Closes the connections; the server stays."""
        if self._endpoint is not None:
            self._endpoint.close()


def answers(url: str) -> bool:
    """Whether a server answers at a base URL, if only with an error; what is not a URL is left to OpenAIEngine to report."""
    if urlsplit(url).scheme not in ("http", "https"):
        return True
    try:
        with urllib.request.urlopen(f"{url.rstrip('/')}/models", timeout=_PROBE):
            return True
    except urllib.error.HTTPError:
        return True
    except (OSError, ValueError):
        return False

"""The engine `vllm`: the endpoint of a role where one is configured and answers, else a server that is started when it is needed.

The server is held only while it generates, so two models that do not fit together take turns.
"""

import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import httpx2

from xlforge.config import environment
from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.models.engine import Sink
from xlforge.models.openai.engine import OpenAIEngine
from xlforge.models.vllm.server_spec import server_spec
from xlforge.models.vllm.servers import failure, running_server
from xlforge.requests.request import Request

_OF_OTHERS = ("mode", "modes", "limits", "requests_per_minute", "tokens_per_minute", "budget")
"""Settings of other endpoints; a server of our own has the defaults."""
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
            own: dict[str, Any] = {name: getattr(Execution(), name) for name in _OF_OTHERS}
            own["endpoints"] = {**self._execution.endpoints, self._role: server.url}
            execution = self._execution.model_copy(update=own)
            gone = partial(failure, self._server)
            with closing(OpenAIEngine(self._spec, self._role, execution, server_gone=gone)) as engine:
                engine.generate(requests, sink)

    def close(self) -> None:
        """Closes the connections; the server stays."""
        if self._endpoint is not None:
            self._endpoint.close()


def answers(url: str) -> bool:
    """Whether a server answers at a base URL, if only with an error; what is not a URL is left to OpenAIEngine to report."""
    if urlsplit(url).scheme not in ("http", "https"):
        return True
    with suppress(httpx2.HTTPError, httpx2.InvalidURL):
        httpx2.get(f"{url.rstrip('/')}/models", timeout=_PROBE)
        return True
    return False

"""The engine behind an OpenAI-compatible endpoint: many requests in flight, or hosted batches."""

import asyncio
from collections.abc import Callable, Sequence

from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.models.budget import Budget
from xlforge.models.engine import Sink
from xlforge.models.openai.batches import HostedBatches
from xlforge.models.openai.client import Client
from xlforge.models.openai.live import LiveRun
from xlforge.requests.request import Request


class OpenAIEngine:
    """A model at the endpoint of its role.

    Args:
        spec: the model.
        role: it names endpoint and key.
        execution: resolved.
        server_gone: called when the server does not respond; it returns why it never will again, or None.

    Raises:
        EngineError: no endpoint is configured, none answers, or it went away for good.
    """

    def __init__(
        self, spec: Model, role: str, execution: Execution, server_gone: Callable[[], str | None] = lambda: None
    ) -> None:
        hosted = spec.engine == "openai" and execution.modes.get(role, execution.mode) == "batch"
        self._client = Client(spec, role, execution)
        self._budget = Budget(execution, spec.model, batch=hosted)
        self._run: HostedBatches | LiveRun
        if hosted:
            self._run = HostedBatches(spec, role, self._client, self._budget, execution)
        else:
            self._run = LiveRun(spec, role, self._client, self._budget, execution, server_gone)
        self._runner = asyncio.Runner()
        try:
            self._runner.run(self._client.open())
        except BaseException:
            self.close()
            raise

    def generate(self, requests: Sequence[Request], sink: Sink) -> None:
        """See Engine. At most `concurrency` requests are in flight."""
        try:
            self._runner.run(self._run.generate(requests, sink))
        finally:
            self._budget.release()

    def close(self) -> None:
        """Closes the connections."""
        self._runner.run(self._client.close())
        self._runner.close()
        self._budget.close()

"""The engine behind an OpenAI-compatible endpoint: many requests in flight, or hosted batches."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.models.budget import Budget
from xlforge.models.engine import Sink
from xlforge.models.openai import batch_records
from xlforge.models.openai.batches import HostedBatches
from xlforge.models.openai.client import Client
from xlforge.models.openai.live import LiveRun
from xlforge.models.openai.rate_limit import RateLimiter, limit_of
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
        self._spec, self._role, self._execution, self._server_gone = spec, role, execution, server_gone
        self._client = Client(spec, role, execution)
        self._budget = Budget(execution, spec.model, batch=hosted)
        self._limiter = RateLimiter(limit_of(execution, role), execution.concurrency)
        self._batches = HostedBatches(spec, role, self._client, self._budget, execution) if hosted else None
        self._runner = asyncio.Runner()
        try:
            self._runner.run(self._client.open())
        except BaseException:
            self.close()
            raise

    def generate(self, requests: Sequence[Request], sink: Sink) -> None:
        """See Engine. At most `concurrency` requests are in flight."""
        try:
            if self._batches is not None:
                self._runner.run(self._batches.generate(requests, sink))
            else:
                batch_records.refuse_live(str(self._client.url), requests)
                run = LiveRun(
                    self._spec,
                    self._role,
                    self._client,
                    self._budget,
                    self._limiter,
                    self._execution,
                    self._server_gone,
                )
                self._runner.run(run.generate(requests, sink))
        finally:
            self._budget.release()

    def close(self) -> None:
        """Closes the connections."""
        self._runner.run(self._client.close())
        self._runner.close()
        self._budget.close()

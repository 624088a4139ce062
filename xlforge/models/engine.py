"""What every engine is: it generates a response for each request, and reports each as soon as it has it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol

from xlforge.base.errors import BuildError
from xlforge.requests.request import Request
from xlforge.requests.response import Completed, Response


class EngineError(BuildError):
    """An engine cannot go on; the message gives the cause and the remedy."""


class Sink(Protocol):
    """What an engine reports to."""

    def put(self, completed: Sequence[Completed]) -> Future[list[Response]]:
        """Keep responses; the future resolves when they can no longer be lost."""

    def fail(self, request: Request, reason: str, message: str = "") -> None:
        """Give a request up for good. Raises EngineError when too many were.

        Args:
            request: the one that failed.
            reason: goes into rejects, so it is the same in every build and names no host.
            message: the engine's own, for the terminal.
        """


class Engine(Protocol):
    """A model that generates."""

    def generate(self, requests: Sequence[Request], sink: Sink) -> None:
        """Complete or fail every request, in any order; they are distinct, and return means that every one was reported."""

    def close(self) -> None:
        """Let go of connections, memory and threads."""

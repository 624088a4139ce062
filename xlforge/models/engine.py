"""What every engine is: it generates a response for each request, and reports each as soon as it has it."""

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
        """Caches responses; the future resolves when they can no longer be lost."""

    def fail(self, request: Request, reason: str, message: str = "") -> None:
        """Reports that a request got no response. Raises EngineError when too many have.

        Args:
            request: the one that failed.
            reason: short and without host names. Where it begins with `prompt_too_long`, the row is rejected; otherwise the stage ends
                unfinished, and the next build sends the request again.
            message: the server's own, for the terminal.
        """


class Engine(Protocol):
    """A model that generates."""

    def generate(self, requests: Sequence[Request], sink: Sink) -> None:
        """Completes or fails every request, in any order.

        Args:
            requests: distinct ones.
            sink: each is reported to it before this method returns.
        """

    def close(self) -> None:
        """Frees connections, memory and threads."""

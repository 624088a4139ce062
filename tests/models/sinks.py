"""A sink for engines that are called without a cache."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future

from xlforge.requests.request import Request
from xlforge.requests.response import Completed, Response


class ListSink:
    """Keeps everything in lists."""

    def __init__(self) -> None:
        self.completed: list[Completed] = []
        self.failed: list[tuple[Request, str]] = []

    def put(self, completed: Sequence[Completed]) -> Future[list[Response]]:
        self.completed += completed
        done: Future[list[Response]] = Future()
        done.set_result([response for _, response in completed])
        return done

    def fail(self, request: Request, reason: str, message: str = "") -> None:
        self.failed.append((request, reason))

"""What every engine is: something that answers requests, each on its own, and hands over each answer as it has it."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future
from typing import Protocol

from xlforge.core.errors import BuildError
from xlforge.engines.request import Answer, Request

Bought = tuple[Request, Answer]


class EngineError(BuildError):
    """An engine cannot go on; the message gives the cause and the remedy, so that no traceback is wanted (`told`)."""

    told = True


class Till(Protocol):
    """Where an engine hands over what it has got."""

    def keep(self, bought: Sequence[Bought]) -> Future[list[Answer]]:
        """Keep answers; the future resolves when they can no longer be lost."""

    def fail(self, request: Request, reason: str, said: str = "") -> None:
        """Give a request up for good. Raises EngineError when too many were.

        reason: goes into rows set aside, so it is the same in every build and names no place. said: the engine's own words,
        for the terminal.
        """


class Engine(Protocol):
    """A model that can be asked."""

    def ask(self, requests: Sequence[Request], till: Till) -> None:
        """Answer or fail every request; they are distinct, and return means that every one was handed over."""

    def close(self) -> None:
        """Let go of connections, memory and threads."""

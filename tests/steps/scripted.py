"""An answerer that replies what a test scripts, in turn, and refuses what it was not given a reply for."""

from __future__ import annotations

from collections.abc import Sequence

from xlforge.config.models import Model, Sampling
from xlforge.requests.request import Request
from xlforge.requests.response import Response
from xlforge.steps.answerers import Caller, Reply
from xlforge.steps.cached_llm import CachedLLM

Scripted = tuple[str | None, str]
"""A text and its finish reason; or None and why the request failed."""


class Script:
    """The scripted replies, and the requests that came."""

    def __init__(self, *replies: Scripted) -> None:
        self.replies = list(replies)
        self.requests: list[tuple[str, Request]] = []
        self.events: list[str] = []

    def open(self, caller: Caller) -> None:
        self.events.append(f"open {caller.role}")

    def reply(self, caller: Caller, rows: Sequence[tuple[str, Sequence[Request]]]) -> list[list[Reply]]:
        self.events.append(f"reply {caller.role}")
        return [[self._one(row, request) for request in requests] for row, requests in rows]

    def _one(self, row: str, request: Request) -> Reply:
        self.requests.append((row, request))
        text, finish = self.replies.pop(0)
        return Reply(
            request.key, None if text is None else Response(text, finish, 1, 1), "" if text is not None else finish
        )

    def release(self, caller: Caller) -> None:
        self.events.append(f"release {caller.role}")

    def close(self) -> None:
        self.events.append("close")

    @property
    def attempts(self) -> list[int]:
        """The attempt of each request."""
        return [request.attempt for _, request in self.requests]


def scripted_llm(script: Script, role: str = "judge") -> CachedLLM:
    """A model in a role that replies by the script."""
    llm = CachedLLM(
        role=role, spec=Model(model="scripted", revision="r1"), sampling=Sampling(), stage="scores", version="v1"
    )
    llm.use(script)
    return llm

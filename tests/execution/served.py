"""Asking models whose servers are stand-ins; light enough for a process that does nothing else."""

from __future__ import annotations

import sys
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from xlforge.config.execution import Execution, Servers
from xlforge.config.models import Model
from xlforge.models.vllm.engine import VllmEngine
from xlforge.requests.request import Request
from xlforge.requests.response import Completed, Response

ROOT = Path(__file__).parents[2]
TEACHER, JUDGE = (Model(engine="vllm", model=name, revision="1") for name in ("org/teacher", "org/judge"))


class Kept:
    """A sink that keeps everything in a list."""

    def __init__(self) -> None:
        self.bought: list[Completed] = []
        self.failed: list[str] = []

    def keep(self, bought: Any) -> Future[list[Response]]:
        self.bought += bought
        done: Future[list[Response]] = Future()
        done.set_result([answer for _, answer in bought])
        return done

    def fail(self, request: Request, reason: str, said: str = "") -> None:
        self.failed.append(reason)


def execution(folder: Path, *arguments: str, **more: Any) -> Execution:
    """Servers are stand-ins that note their starts in a file."""
    command = (sys.executable, "-m", "tests.standin", "--standin-starts", str(folder / "starts"))
    given = {"idle": 120, "environment": {"PYTHONPATH": str(ROOT)}, **more.pop("servers", {})}
    return Execution(servers=Servers(command=command, arguments=arguments, **given), retries=0, **more)


def ask(how: Execution, spec: Model = TEACHER, words: str = "Mill 1 is old.", many: int = 3) -> list[str]:
    """What a model says, asked through an engine of its own."""
    sink, engine = Kept(), VllmEngine(spec, "teacher", how)
    messages = [(("user", f"{words} {number}"),) for number in range(many)]
    try:
        engine.generate([Request("vllm", spec.model, spec.revision, message) for message in messages], sink)
    finally:
        engine.close()
    assert not sink.failed
    return [answer.text for _, answer in sink.bought]

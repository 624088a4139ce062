"""Calls of models whose servers are stand-ins; light enough for a process that does nothing else."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from tests.models.sinks import ListSink
from xlforge.config.execution import Execution, Servers
from xlforge.config.models import Model
from xlforge.models.vllm.engine import VllmEngine
from xlforge.requests.request import Request

ROOT = Path(__file__).parents[2]
TEACHER, JUDGE = (Model(engine="vllm", model=name, revision="1") for name in ("org/teacher", "org/judge"))


def execution(folder: Path, *arguments: str, **more: Any) -> Execution:
    """Servers are stand-ins that record their starts in a file."""
    command = (sys.executable, "-m", "tests.standin", "--standin-starts", str(folder / "starts"))
    servers = {"idle": 120, "environment": {"PYTHONPATH": str(ROOT)}, **more.pop("servers", {})}
    return Execution(servers=Servers(command=command, arguments=arguments, **servers), max_retries=0, **more)


def texts(run: Execution, spec: Model = TEACHER, text: str = "Mill 1 is old.", count: int = 3) -> list[str]:
    """The texts of a model's responses, through an engine of its own."""
    sink, engine = ListSink(), VllmEngine(spec, "teacher", run)
    messages = [(("user", f"{text} {number}"),) for number in range(count)]
    try:
        engine.generate([Request("vllm", spec.model, spec.revision, message) for message in messages], sink)
    finally:
        engine.close()
    assert not sink.failed
    return [response.text for _, response in sink.completed]

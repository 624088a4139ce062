"""A worker that is cancelled while its response is being stored: an error of the writer is nobody's, and prints no traceback."""

from __future__ import annotations

import asyncio
import gc
from concurrent.futures import Future
from typing import Any

from tests.models.sinks import ListSink
from xlforge.base.errors import BuildError
from xlforge.models.openai.live import LiveRun
from xlforge.requests.request import Request
from xlforge.requests.response import Completed, Response


class SlowSink(ListSink):
    """Stores when it is made to."""

    def __init__(self) -> None:
        super().__init__()
        self.writing: Future[list[Response]] = Future()

    def put(self, completed: Any) -> Future[list[Response]]:
        return self.writing


def test_an_error_of_the_writer_after_a_cancel_is_not_printed() -> None:
    seen: list[dict[str, Any]] = []
    completed: Completed = (Request("openai", "m", None, (("user", "a"),)), Response("b", "stop", 1, 1))

    async def cancelled_then_failed() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: seen.append(context))
        run = LiveRun.__new__(LiveRun)
        run._sink = sink = SlowSink()
        worker = asyncio.create_task(run._put(*completed))
        await asyncio.sleep(0)
        worker.cancel()
        await asyncio.gather(worker, return_exceptions=True)
        sink.writing.set_exception(BuildError("the disk is full"))
        await asyncio.sleep(0.01)
        del worker, sink, run
        gc.collect()

    asyncio.run(cancelled_then_failed())
    assert not seen

"""A batch has every response that was committed, in whatever order threads wake up."""

from __future__ import annotations

import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest

from xlforge.cache import Cache
from xlforge.requests.request import Request
from xlforge.requests.response import Response
from xlforge.steps.batch import Batch, Tolerance


def test_every_response_is_there_at_the_end_though_callbacks_are_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A future wakes the thread that waits for it before it calls its callbacks."""
    call: Any = vars(Future)["_invoke_callbacks"]
    monkeypatch.setattr(Future, "_invoke_callbacks", lambda future: (time.sleep(0.3), call(future)))
    requests = [Request("openai", "model", "r1", (("user", f"{number}?"),)) for number in range(5)]
    with Cache(f"sqlite:///{tmp_path}/cache.sqlite") as cache:
        batch = Batch(cache, {request.key: request for request in requests}, "teacher", Tolerance(3))
        with batch:
            for request in requests:
                batch.put([(request, Response(f"to {request.key}", "stop", 3, 4, None))])
        outcomes = [batch.outcome(request.key) for request in requests]
        assert [(response and response.text) for response, _ in outcomes] == [f"to {each.key}" for each in requests]
        assert batch.counts()["calls"] == 5

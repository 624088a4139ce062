"""A purchase has every answer that was committed, whatever the order in which threads are woken."""

from __future__ import annotations

import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any

import pytest
from xlforge.steps.sale import Sale, Tolerance

from xlforge.cache import Cache
from xlforge.requests.request import Request
from xlforge.requests.response import Response


def test_answers_are_there_at_the_end_though_callbacks_are_called_late(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A future wakes who waits for it before it calls its callbacks."""
    call: Any = vars(Future)["_invoke_callbacks"]
    monkeypatch.setattr(Future, "_invoke_callbacks", lambda future: (time.sleep(0.3), call(future)))
    asked = [Request("openai", "model", "r1", (("user", f"{number}?"),)) for number in range(5)]
    with Cache(f"sqlite:///{tmp_path}/cache.sqlite") as store:
        sale = Sale(store, {request.key: request for request in asked}, "teacher", Tolerance(3))
        with sale:
            for request in asked:
                sale.keep([(request, Response(f"to {request.key}", "stop", 3, 4, None))])
        assert sale.output(asked)["generations"] == [f"to {request.key}" for request in asked]
        assert sale.record()["calls"] == 5

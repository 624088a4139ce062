"""An engine that has answered many requests holds no more than one that has answered a few."""

from __future__ import annotations

import gc
from pathlib import Path

import psutil
import pytest
from xlforge.steps.sale import Sale, Tolerance

from tests.execution.shop import MODEL, question, store
from tests.server import Server
from xlforge.cache import Cache
from xlforge.config.execution import Execution
from xlforge.models.openai.engine import OpenAIEngine


@pytest.mark.slow
def test_memory_and_open_files_stay_flat_over_twenty_thousand_requests(tmp_path: Path) -> None:
    process, memory, files = psutil.Process(), list[float](), list[int]()
    with Server() as server, Cache(store(tmp_path)) as kept:
        run = Execution(endpoint=server.url, cache=store(tmp_path), budget="1_000_000_000 tokens", period="p")
        engine = OpenAIEngine(MODEL, "teacher", run)
        for part in range(20):
            asked = [question(number) for number in range(1000 * part, 1000 * part + 1000)]
            sale = Sale(kept, {request.key: request for request in asked}, "teacher", Tolerance(1))
            with sale:
                engine.generate(sale.missing, sale)
            del sale, asked
            gc.collect()
            memory.append(process.memory_info().rss / 2**20)
            files.append(process.num_fds())
        engine.close()
        assert server.counts()["answered"] == 20_000
    assert files[-1] <= files[2]
    assert memory[-1] < memory[4] + 10, memory

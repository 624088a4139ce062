"""An engine that has answered many requests holds no more than one that has answered a few."""

from __future__ import annotations

import gc
from pathlib import Path

import psutil
import pytest

from tests.models.endpoint import MODEL, cache_of, question
from tests.server import Server
from xlforge.cache import Cache
from xlforge.config.execution import Execution
from xlforge.models.openai.engine import OpenAIEngine
from xlforge.steps.batch import Batch, Tolerance


@pytest.mark.slow
def test_memory_and_open_files_stay_flat_over_twenty_thousand_requests(tmp_path: Path) -> None:
    process, memory, files = psutil.Process(), list[float](), list[int]()
    with Server() as server, Cache(cache_of(tmp_path)) as cache:
        run = Execution(endpoint=server.url, cache=cache_of(tmp_path), budget="1_000_000_000 tokens", period="p")
        engine = OpenAIEngine(MODEL, "teacher", run)
        for part in range(20):
            wanted = [question(number) for number in range(1000 * part, 1000 * part + 1000)]
            batch = Batch(cache, {request.key: request for request in wanted}, "teacher", Tolerance(1))
            with batch:
                engine.generate(batch.missing, batch)
            del batch, wanted
            gc.collect()
            memory.append(process.memory_info().rss / 2**20)
            files.append(process.num_fds())
        engine.close()
        assert server.counts()["answered"] == 20_000
    assert files[-1] <= files[2]
    assert memory[-1] < memory[4] + 10, memory

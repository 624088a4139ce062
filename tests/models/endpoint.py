"""The OpenAI engine behind a cache, without pipeline or distilabel, for tests of rate limits, budgets and hosted batches."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xlforge.cache import Cache
from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.models.openai.engine import OpenAIEngine
from xlforge.requests.request import Request, Sampling
from xlforge.requests.response import Response
from xlforge.steps.batch import Batch, Tolerance

MODEL = Model(engine="openai", model="any", revision="1")


def question(number: int, max_tokens: int = 40) -> Request:
    text = f"Write the question that the text answers.\n<text>\nMill {number} is old.\n</text>"
    return Request("openai", "any", "1", (("user", text),), Sampling(0.7, 1.0, max_tokens))


def questions(count: int, max_tokens: int = 40) -> list[Request]:
    return [question(number, max_tokens) for number in range(count)]


def generate(folder: Path, url: str, wanted: Sequence[Request], **execution: object) -> Batch:
    """Generates what the folder's cache lacks, as a stage does. Returns the batch, with all outcomes."""
    run = Execution(endpoint=url, cache=cache_of(folder), **{"max_retries": 3, "timeout": 20} | execution)
    with Cache(run.cache) as cache:
        batch = Batch(cache, {request.key: request for request in wanted}, "teacher", Tolerance(run.max_failures))
        engine = OpenAIEngine(MODEL, "teacher", run)
        try:
            with batch:
                for turn in batch.turns():
                    engine.generate(turn, batch)
        finally:
            engine.close()
    return batch


def calls(batch: Batch) -> int:
    """The responses that were generated."""
    return batch.counts()["calls"]


def failures(batch: Batch, wanted: Sequence[Request]) -> dict[int, str]:
    """Why requests failed, by their number."""
    found = {number: batch.outcome(request.key) for number, request in enumerate(wanted)}
    return {number: reason for number, (response, reason) in found.items() if response is None}


def cache_of(folder: Path) -> str:
    return f"sqlite:///{folder}/cache.sqlite"


def held(folder: Path, wanted: Sequence[Request]) -> dict[str, Response]:
    """What the cache has of them."""
    with Cache(cache_of(folder)) as cache:
        return cache.get_many(request.key for request in wanted)

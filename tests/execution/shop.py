"""An endpoint engine behind a store, without pipeline or distilabel: what tests of limits, budgets and batches buy with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xlforge.steps.sale import Sale, Tolerance

from xlforge.cache import Cache
from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.models.openai.engine import OpenAIEngine
from xlforge.requests.request import Request, Sampling
from xlforge.requests.response import Response

MODEL = Model(engine="openai", model="any", revision="1")


def question(number: int, most: int = 40) -> Request:
    text = f"Write the question that the text answers.\n<text>\nMill {number} is old.\n</text>"
    return Request("openai", "any", "1", (("user", text),), Sampling(0.7, 1.0, most))


def questions(count: int, most: int = 40) -> list[Request]:
    return [question(number, most) for number in range(count)]


def buy(folder: Path, url: str, wanted: Sequence[Request], **execution: object) -> Sale:
    """Buys what the folder's store lacks, as a stage does; the sale, with all that was bought and failed."""
    run = Execution(endpoint=url, cache=store(folder), **{"retries": 3, "timeout": 20} | execution)
    with Cache(run.cache) as kept:
        sale = Sale(kept, {request.key: request for request in wanted}, "teacher", Tolerance(run.failures))
        engine = OpenAIEngine(MODEL, "teacher", run)
        try:
            with sale:
                for turn in sale.turns():
                    engine.generate(turn, sale)
        finally:
            engine.close()
    return sale


def store(folder: Path) -> str:
    return f"sqlite:///{folder}/cache.sqlite"


def held(folder: Path, wanted: Sequence[Request]) -> dict[str, Response]:
    """What the store has of them."""
    with Cache(store(folder)) as kept:
        return kept.get_many(request.key for request in wanted)

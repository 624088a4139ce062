"""An endpoint engine behind a store, without pipeline or distilabel: what tests of limits, budgets and batches buy with."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from xlforge.core.params import Model
from xlforge.engines.request import Answer, Request, Sampling
from xlforge.engines.sale import Sale, Tolerance
from xlforge.execution.endpoint import EndpointEngine
from xlforge.execution.settings import Execution
from xlforge.execution.store import Store

MODEL = Model(engine="openai", model="any", revision="1")


def question(number: int, most: int = 40) -> Request:
    text = f"Write the question that the text answers.\n<text>\nMill {number} is old.\n</text>"
    return Request("openai", "any", "1", (("user", text),), Sampling(0.7, 1.0, most))


def questions(count: int, most: int = 40) -> list[Request]:
    return [question(number, most) for number in range(count)]


def buy(folder: Path, url: str, wanted: Sequence[Request], **execution: object) -> Sale:
    """Buys what the folder's store lacks, as a stage does; the sale, with all that was bought and failed."""
    run = Execution(endpoint=url, store=store(folder), **{"retries": 3, "timeout": 20} | execution)
    with Store(run.store) as kept:
        sale = Sale(kept, {request.key: request for request in wanted}, "teacher", Tolerance(run.failures))
        engine = EndpointEngine(MODEL, "teacher", run)
        try:
            with sale:
                for turn in sale.turns():
                    engine.ask(turn, sale)
        finally:
            engine.close()
    return sale


def store(folder: Path) -> str:
    return f"sqlite:///{folder}/store.sqlite"


def held(folder: Path, wanted: Sequence[Request]) -> dict[str, Answer]:
    """What the store has of them."""
    with Store(store(folder)) as kept:
        return kept.get_many(request.key for request in wanted)

"""The response store: rows a second put, served from a full store, sold through a Sale, exported and imported.

python -m bench.store [--rows 50000] [--url postgresql+psycopg://…]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from xlforge.steps.sale import Sale, Tolerance

from bench.common import question, table
from xlforge.cache import Cache
from xlforge.cache import transfer as exchange
from xlforge.requests.request import Request
from xlforge.requests.response import Response

WORDS = "The mill was built by the river and grinds rye for the whole valley. " * 6


def requests(rows: range) -> dict[str, Request]:
    """Requests by key, each about as long as the build's."""
    made = (Request("openai", "model", "r1", (("user", question(row) + WORDS * 2),)) for row in rows)
    return {request.key: request for request in made}


def rate(rows: int, work: Callable[[], Any], times: int = 3) -> tuple[float, float]:
    """Rows a second, and a second of processor time, of the fastest of a few times."""
    best = (0.0, 0.0)
    for _ in range(times):
        start, used = time.perf_counter(), time.process_time()
        work()
        best = max(best, (rows / (time.perf_counter() - start), rows / (time.process_time() - used)))
    return best


def sold(store: Cache, wanted: dict[str, Request]) -> None:
    """What a stage does with rows that the store holds: from request to distilabel's output."""
    fresh = [Request(each.engine, each.model, each.revision, each.messages) for each in wanted.values()]
    sale = Sale(store, {request.key: request for request in fresh}, "bench", Tolerance(1))
    assert not sale.missing
    for request in fresh:
        sale.output([request])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--url", help="an empty database; a new SQLite file by default")
    asked = parser.parse_args()
    rows = asked.rows
    one, two = requests(range(rows)), requests(range(rows // 2, rows // 2 + rows))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        figures: list[tuple[object, ...]] = [("", "rows/s", "rows per CPU second")]
        with Cache(asked.url or f"sqlite:///{folder}/one.sqlite") as store:
            bought = [(request, Response(WORDS, "stop", 300, 90, -1.0)) for request in one.values()]
            figures.append(("put", *rate(rows, lambda: store.put(bought).result(), times=1)))
            figures.append(("served: Cache.get_many", *rate(rows, lambda: store.get_many(one))))
            figures.append(("served: requests made, keys hashed, sold", *rate(rows, lambda: sold(store, one))))
            figures.append(("exported", *rate(rows, lambda: exchange.export(store, folder / "shared"), times=1)))
        with Cache(f"sqlite:///{folder}/two.sqlite") as store:
            store.put([(request, Response(WORDS, "stop", 300, 90, -1.0)) for request in two.values()]).result()
            exchange.export(store, folder / "shared")
        with Cache(f"sqlite:///{folder}/three.sqlite") as store:
            merge = rate(len(one | two), lambda: exchange.import_(store, folder / "shared"), times=1)
            assert sum(store.models().values()) == len(one | two)
            figures.append((f"merged: {len(one)} and {len(two)} in {len(one | two) / merge[0]:.1f} s", *merge))
    table(f"{rows} rows", figures)


if __name__ == "__main__":
    main()

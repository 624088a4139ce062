"""The response cache: rows a second put, looked up, looked up by the answerer of a stage, exported and imported.

python -m bench.cache [--rows 50000] [--url postgresql+psycopg://…]
"""

from __future__ import annotations

import argparse
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.common import question, table
from xlforge.cache import Cache, transfer
from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.requests.request import Request
from xlforge.requests.response import Response
from xlforge.steps.answerers import Caller, Live

TEXT = "The mill was built by the river and grinds rye for the whole valley. " * 6
CALLER = Caller("teacher", Model(engine="openai", model="model", revision="r1"), "bench")


def requests(rows: range) -> dict[str, Request]:
    """Requests by key, each about as long as the build's."""
    made = (Request("openai", "model", "r1", (("user", question(row) + TEXT * 2),)) for row in rows)
    return {request.key: request for request in made}


def rate(rows: int, work: Callable[[], Any], times: int = 3) -> tuple[float, float]:
    """Rows a second, and a second of processor time, of the fastest of a few times."""
    best = (0.0, 0.0)
    for _ in range(times):
        start, used = time.perf_counter(), time.process_time()
        work()
        best = max(best, (rows / (time.perf_counter() - start), rows / (time.process_time() - used)))
    return best


def replied(url: str, wanted: dict[str, Request]) -> None:
    """What a stage does with rows that the cache holds: new requests, their keys, and the replies."""
    new = [Request(each.engine, each.model, each.revision, each.messages) for each in wanted.values()]
    live = Live(Execution(cache=url, offline=True))
    live.open(CALLER)
    live.reply(CALLER, [(str(number), [request]) for number, request in enumerate(new)])
    live.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=50_000)
    parser.add_argument("--url", help="an empty database; a new SQLite file by default")
    arguments = parser.parse_args()
    rows = arguments.rows
    one, two = requests(range(rows)), requests(range(rows // 2, rows // 2 + rows))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        url = arguments.url or f"sqlite:///{folder}/one.sqlite"
        figures: list[tuple[object, ...]] = [("", "rows/s", "rows per CPU second")]
        with Cache(url) as cache:
            completed = [(request, Response(TEXT, "stop", 300, 90, -1.0)) for request in one.values()]
            figures.append(("put", *rate(rows, lambda: cache.put(completed).result(), times=1)))
            figures.append(("hits: Cache.get_many", *rate(rows, lambda: cache.get_many(one))))
            figures.append(("hits: requests made, keys hashed, replied", *rate(rows, lambda: replied(url, one))))
            figures.append(("exported", *rate(rows, lambda: transfer.export(cache, folder / "shared"), times=1)))
        with Cache(f"sqlite:///{folder}/two.sqlite") as cache:
            cache.put([(request, Response(TEXT, "stop", 300, 90, -1.0)) for request in two.values()]).result()
            transfer.export(cache, folder / "shared")
        with Cache(f"sqlite:///{folder}/three.sqlite") as cache:
            merge = rate(len(one | two), lambda: transfer.import_(cache, folder / "shared"), times=1)
            assert sum(cache.models().values()) == len(one | two)
            figures.append((f"merged: {len(one)} and {len(two)} in {len(one | two) / merge[0]:.1f} s", *merge))
    table(f"{rows} rows", figures)


if __name__ == "__main__":
    main()

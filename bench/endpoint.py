"""The endpoint engine beside a bare aiohttp client and distilabel's own client, on the tests' server, in one run.

    python -m bench.endpoint [--quick]

The bare client sends the very bodies that the engine sent, so both meet the same latencies. Each pipeline's figure is net of
start-up, which is what the same pipeline takes for one row. What else the machine does slows both: look at the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import aiohttp
import orjson
import psutil

from bench.common import minimal, question, run, table
from tests.server import Fault, Server
from xlforge.core.params import Execution, Model, Sampling
from xlforge.engines.stored import StoredLLM

SLOTS = 64
LATENCY = 0.42
SAMPLING = Sampling(temperature=0.7, max_tokens=64)
DISTILABEL = 200


def ours(server: Server, store: Path) -> StoredLLM:
    """The engine as a build has it."""
    execution = Execution(endpoint=server.url, concurrency=SLOTS, store=f"sqlite:///{store}")
    return StoredLLM(
        role="teacher", spec=Model(engine="openai", model="any"), sampling=SAMPLING, execution=execution, label="bench"
    )


def distilabels(server: Server) -> object:
    """distilabel's client, with the same sampling."""
    from distilabel.models.llms import OpenAILLM

    options = {"temperature": SAMPLING.temperature, "max_new_tokens": SAMPLING.max_tokens}
    return OpenAILLM(model="any", base_url=server.url, api_key="any", generation_kwargs=options)


def bare(server: Server, bodies: Sequence[bytes]) -> float:
    """Seconds of the least that can be done: SLOTS workers that post and parse."""

    async def main() -> None:
        queue = list(reversed(bodies))
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

            async def work() -> None:
                while queue:
                    async with session.post(f"{server.url}/chat/completions", data=queue.pop()) as reply:
                        orjson.loads(await reply.read())["choices"][0]["message"]["content"]

            await asyncio.gather(*(work() for _ in range(SLOTS)))

    start = time.perf_counter()
    asyncio.run(main())
    return time.perf_counter() - start


def startup(folder: Path) -> float:
    """Seconds of our pipeline for one row; printed beside a minimal distilabel pipeline's."""
    with Server() as server:
        one = [run(ours(server, folder / f"start{number}"), [question(0)]) for number in range(3)]
    least = [minimal() for _ in range(3)]
    rows = [("start-up", "seconds"), ("a minimal distilabel pipeline", min(least)), ("ours, one row", min(one))]
    table("Start-up (best of 3)", [*rows, ("difference", min(one) - min(least))])
    return min(one)


def against_bare(count: int, latency: float, start: float, folder: Path) -> tuple[float, float]:
    """Seconds of ours, net of start-up, and of the bare client."""
    questions = [question(number) for number in range(count)]
    with Server(latency=latency, slots=SLOTS) as server:
        engine = run(ours(server, folder / f"{count}-{latency}"), questions) - start
        bodies = [orjson.dumps(body) for body in server.requests()]
        if server.counts()["repeated"]:
            raise RuntimeError("requests were repeated")
    with Server(latency=latency, slots=SLOTS) as server:
        return engine, bare(server, bodies)


def stores(count: int, start: float, folder: Path) -> None:
    """The same questions with the store empty, half full and full; without latency."""
    questions = [question(number) for number in range(count)]
    rows: list[tuple[object, ...]] = [("store", "rows", "asked", "rows/s")]
    with Server() as server:
        for name, first in (("empty", []), ("half", questions[::2]), ("full", questions)):
            store = folder / f"store-{name}"
            if first:
                run(ours(server, store), first)
            before = server.counts()["received"]
            seconds = run(ours(server, store), questions) - start
            rows.append((name, count, server.counts()["received"] - before, count / seconds))
    table("Through the store, without latency, net of start-up", rows)


def lookups(count: int, folder: Path) -> None:
    """The engine alone, without a pipeline, on a full store."""
    questions = [question(number) for number in range(count)]
    with Server() as server:
        for name in ("buy", "serve"):
            model = ours(server, folder / "lookups")
            model.load()
            start = time.perf_counter()
            model.generate(questions)
            seconds = time.perf_counter() - start
            model.unload()
            print(f"  generate() of {count} rows, {name}: {count / seconds:,.0f} rows/s")


def slow_rows(count: int, folder: Path) -> None:
    """Seconds from the first request to the last answer but those of one row in a hundred, which take half a minute."""
    late = [Fault("late", share=0.01, seconds=30)]
    questions = [question(number) for number in range(count)]
    rows: list[tuple[object, ...]] = [("", "rows", "slow", "the others took s", "rows/s")]

    def told(name: str, faults: list[Fault], work: Callable[[Server], object]) -> list[bytes]:
        with Server(latency=LATENCY, slots=SLOTS, faults=faults) as server:
            seconds, slow = others(server, lambda: work(server), count)
            rows.append((name, count, slow, seconds, (count - slow) / seconds))
            return [orjson.dumps(body) for body in server.requests()]

    bodies = told("ours", late, lambda server: run(ours(server, folder / "slow"), questions))
    told("bare client", late, lambda server: bare(server, bodies))
    told("ours, none slow", [], lambda server: run(ours(server, folder / "quick"), questions))
    table(f"One slow row in a hundred (30 s), {SLOTS} slots; a slow row keeps its slot", rows)


def others(server: Server, work: Callable[[], object], count: int) -> tuple[float, int]:
    """Seconds until all rows but the slow ones were answered, and how many those are."""
    seen: list[tuple[float, int, int]] = []
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            counts = server.counts()
            seen.append((time.perf_counter(), counts["received"], counts["answered"]))

    watcher = threading.Thread(target=watch)
    watcher.start()
    work()
    over.set()
    watcher.join()
    slow = server.counts()["statuses"].get("late", 0)
    first = next(when for when, received, _ in seen if received)
    return next((when for when, _, answered in seen if answered >= count - slow), time.perf_counter()) - first, slow


def flat(count: int, folder: Path, parts: int = 10) -> None:
    """Memory and open files after each part of many requests, without a pipeline."""
    process = psutil.Process(os.getpid())
    rows: list[tuple[object, ...]] = [("requests", "memory MB", "open files")]
    with Server() as server:
        model = ours(server, folder / "flat")
        model.load()
        for part in range(parts):
            model.generate([question(number) for number in range(part * count // parts, (part + 1) * count // parts)])
            rows.append(((part + 1) * count // parts, process.memory_info().rss / 2**20, process.num_fds()))
        model.unload()
    table("Memory and open files of one engine", rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a quarter of the requests")
    part = 4 if parser.parse_args().quick else 1
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        start = startup(folder)
        rows: list[tuple[object, ...]] = [
            ("requests, mean latency", "ours s", "bare s", "bare/ours", "ours req/s", "overhead ms a row")
        ]
        for count, latency in ((1000 // part, LATENCY), (4000 // part, LATENCY), (4000 // part, 0.0)):
            engine, least = against_bare(count, latency, start, folder)
            over = (engine - least) / count * 1000
            rows.append((f"{count}, {latency} s", engine, least, least / engine, count / engine, over))
        table(f"Ours in a pipeline beside a bare aiohttp client, {SLOTS} slots, net of start-up", rows)
        with Server(latency=LATENCY, slots=SLOTS) as server:
            once = run(distilabels(server), [question(0)])
            theirs = run(distilabels(server), [question(number) for number in range(DISTILABEL)], batch=50) - once
        ratio = theirs / DISTILABEL / (float(str(rows[1][1])) / (1000 // part))
        print(
            f"\n  distilabel's OpenAILLM at its default batch of 50: {DISTILABEL} requests in {theirs:.1f} s net of start-up, "
            f"{DISTILABEL / theirs:,.0f} req/s (1000 would take {theirs * 1000 / DISTILABEL:.0f} s); ours is {ratio:.1f} "
            "times as fast"
        )
        stores(4000 // part, start, folder)
        lookups(20_000 // part, folder)
        slow_rows(1000 // part, folder)
        flat(20_000 // part, folder)


if __name__ == "__main__":
    main()

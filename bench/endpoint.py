"""The endpoint engine beside a bare aiohttp client and distilabel's own client, on the tests' server, in one run.

    python -m bench.endpoint [--quick]

The bare client sends the very bodies that the engine sent, so both meet the same latencies. Each pipeline's figure is net of
start-up, which is what the same pipeline takes for one row. What else the machine does slows both: look at the ratios.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import aiohttp
import orjson
import psutil
from xlforge.steps.stored import CachedLLM

from bench.common import minimal, question, run, table
from tests.server import Fault, Server
from xlforge.config.execution import Execution
from xlforge.config.models import Model, Sampling

SLOTS = 64
LATENCY = 0.42
SAMPLING = Sampling(temperature=0.7, max_tokens=64)
DISTILABEL = 200
HELD = {"empty": slice(0), "half": slice(None, None, 2), "full": slice(None)}
"""Of the questions, those whose answers a store holds."""
CASES = (
    *((1000, LATENCY, "empty"), (4000, LATENCY, "empty"), (4000, LATENCY, "half")),
    *((4000, 0.0, "empty"), (4000, 0.0, "half"), (20_000, 0.0, "full")),
)


def ours(server: Server, store: Path) -> CachedLLM:
    """The engine as a build has it."""
    execution = Execution(endpoint=server.url, concurrency=SLOTS, cache=f"sqlite:///{store}")
    return CachedLLM(
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
        both = [(run(ours(server, folder / f"start{number}"), [question(0)]), minimal()) for number in range(5)]
    one, least = (float(statistics.median(each)) for each in zip(*both, strict=True))
    rows = [("start-up", "seconds"), ("a minimal distilabel pipeline", least), ("ours, one row", one)]
    table("Start-up (median of 5)", [*rows, ("difference", one - least)])
    return one


def filled(server: Server, store: Path, questions: Sequence[str]) -> tuple[float, float]:
    """Seconds, and seconds of processor time, in which the engine alone answers questions, which the store then holds."""
    model = ours(server, store)
    model.load()
    start, used = time.perf_counter(), time.process_time()
    model.generate(questions)
    spent = time.perf_counter() - start, time.process_time() - used
    model.unload()
    return spent


def beside_bare(count: int, latency: float, held: str, start: float, folder: Path) -> tuple[object, ...]:
    """A row of the table: ours in a pipeline, net of start-up, on a store that holds none, half or all of the answers; the bare client
    for the others."""
    questions = [question(number) for number in range(count)]
    store, known = folder / f"{count}-{latency}-{held}", questions[HELD[held]]
    if known:
        with Server() as quick:
            filled(quick, store, known)
    with Server(latency=latency, slots=SLOTS) as server:
        seconds = run(ours(server, store), questions) - start
        bodies = [orjson.dumps(body) for body in server.requests()]
    if len(bodies) != count - len(known):
        raise RuntimeError(f"{len(bodies)} requests for {count - len(known)} questions that the store did not hold")
    with Server(latency=latency, slots=SLOTS) as server:
        least = bare(server, bodies) if bodies else 0.0
    over = (seconds - least) / count * 1000
    ratio = least / seconds if bodies else "–"
    return (f"{latency} s", held, count, len(bodies), seconds, least, ratio, count / seconds, over)


def lookups(count: int, folder: Path) -> None:
    """The engine alone, without a pipeline: into an empty store and, the second time, out of a full one."""
    questions = [question(number) for number in range(count)]
    rows: list[tuple[object, ...]] = [("", "rows/s", "rows per CPU second")]
    with Server() as server:
        for name in ("bought", "served from the full store"):
            seconds, used = filled(server, folder / "lookups", questions)
            rows.append((name, count / seconds, count / used))
    table(f"generate() of {count} rows, without a pipeline", rows)


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
        head = ("latency", "store", "rows", "asked", "ours s", "bare s", "bare/ours", "rows/s", "overhead ms a row")
        rows = [beside_bare(count // part, latency, held, start, folder) for count, latency, held in CASES]
        table(f"Ours in a pipeline beside a bare aiohttp client, {SLOTS} slots, net of start-up", [head, *rows])
        with Server(latency=LATENCY, slots=SLOTS) as server:
            once = run(distilabels(server), [question(0)])
            theirs = run(distilabels(server), [question(number) for number in range(DISTILABEL)], batch=50) - once
        ratio = theirs / DISTILABEL * float(str(rows[0][7]))
        print(
            f"\n  distilabel's OpenAILLM at its default batch of 50: {DISTILABEL} requests in {theirs:.1f} s net of start-up, "
            f"{DISTILABEL / theirs:,.0f} req/s (1000 would take {theirs * 1000 / DISTILABEL:.0f} s); ours is {ratio:.1f} "
            "times as fast"
        )
        lookups(20_000 // part, folder)
        slow_rows(1000 // part, folder)
        flat(20_000 // part, folder)


if __name__ == "__main__":
    main()

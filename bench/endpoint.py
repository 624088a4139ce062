"""The OpenAI engine compared with a bare aiohttp client and with distilabel's own client, on the tests' server, in one run.

    python -m bench.endpoint [--quick]

The bare client sends the bodies that the engine sent, so both meet the same latencies. The figure of each pipeline is net of
start-up, which is what the same pipeline takes for one row. Other work on the machine slows both: look at the ratios.
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
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration

from bench.common import WHOLE, minimal, question, run, table
from tests.server import Fault, Server
from xlforge.config.execution import Execution
from xlforge.config.models import Model, Sampling
from xlforge.steps import runner
from xlforge.steps.answerers import Live
from xlforge.steps.cached_llm import CachedLLM

SLOTS = 64
LATENCY = 0.42
SAMPLING = Sampling(temperature=0.7, max_tokens=64)
DISTILABEL = 200
HELD = {"empty": slice(0), "half": slice(None, None, 2), "full": slice(None)}
"""The questions whose responses are cached."""
CASES = (
    *((1000, LATENCY, "empty"), (4000, LATENCY, "empty"), (4000, LATENCY, "half")),
    *((4000, 0.0, "empty"), (4000, 0.0, "half"), (20_000, 0.0, "full")),
)


def ours(server: Server, cache: Path) -> CachedLLM:
    """The model as a build has it."""
    execution = Execution(endpoint=server.url, concurrency=SLOTS, cache=f"sqlite:///{cache}")
    spec = Model(engine="openai", model="any")
    return CachedLLM(role="teacher", spec=spec, sampling=SAMPLING, execution=execution, stage="bench")


def loop(llm: CachedLLM, questions: Sequence[str]) -> float:
    """Seconds of a pipeline in our loop; RuntimeError unless every question is answered."""
    rows = [{"id": str(number), "instruction": text, "reject": None} for number, text in enumerate(questions)]
    start = time.perf_counter()
    with Pipeline("bench") as pipeline:
        load = LoadDataFromDicts(data=rows, batch_size=WHOLE)
        load >> TextGeneration(llm=llm, input_batch_size=WHOLE, add_raw_output=False, add_raw_input=False)
    live = Live(llm.execution)
    answered = sum(row["reject"] is None for row in runner.run(pipeline, live))
    live.close()
    if answered != len(rows):
        raise RuntimeError(f"{answered} of {len(rows)} rows were answered: the figure would mean nothing")
    return time.perf_counter() - start


def requests(llm: CachedLLM, questions: Sequence[str]) -> None:
    """The questions, without a pipeline."""
    llm.reply([(str(number), [llm.request(text)]) for number, text in enumerate(questions)])


def distilabels(server: Server) -> object:
    """distilabel's client, with the same sampling."""
    from distilabel.models.llms import OpenAILLM

    options = {"temperature": SAMPLING.temperature, "max_new_tokens": SAMPLING.max_tokens}
    return OpenAILLM(model="any", base_url=server.url, api_key="any", generation_kwargs=options)


def bare(server: Server, bodies: Sequence[bytes]) -> float:
    """Seconds of the minimum: SLOTS workers that post and parse."""

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
    """Seconds of our pipeline for one row; a minimal distilabel pipeline's are printed with them."""
    with Server() as server:
        both = [(loop(ours(server, folder / f"start{number}"), [question(0)]), minimal()) for number in range(5)]
    one, minimum = (float(statistics.median(each)) for each in zip(*both, strict=True))
    rows = [("start-up", "seconds"), ("a minimal distilabel pipeline", minimum), ("ours, one row", one)]
    table("Start-up (median of 5)", [*rows, ("difference", one - minimum)])
    return one


def filled(server: Server, cache: Path, questions: Sequence[str]) -> tuple[float, float]:
    """Seconds, and seconds of processor time, of the engine alone for questions, whose responses are then cached."""
    model = ours(server, cache)
    model.load()
    start, used = time.perf_counter(), time.process_time()
    requests(model, questions)
    spent = time.perf_counter() - start, time.process_time() - used
    model.unload()
    return spent


def compared(count: int, latency: float, held: str, start: float, folder: Path) -> tuple[object, ...]:
    """A row of the table: ours in a pipeline, net of start-up, on a cache with none, half or all of the responses; the bare client
    for the others."""
    questions = [question(number) for number in range(count)]
    cache, known = folder / f"{count}-{latency}-{held}", questions[HELD[held]]
    if known:
        with Server() as quick:
            filled(quick, cache, known)
    with Server(latency=latency, slots=SLOTS) as server:
        seconds = loop(ours(server, cache), questions) - start
        bodies = [orjson.dumps(body) for body in server.requests()]
    if len(bodies) != count - len(known):
        raise RuntimeError(f"{len(bodies)} requests for {count - len(known)} questions whose responses were not cached")
    with Server(latency=latency, slots=SLOTS) as server:
        minimum = bare(server, bodies) if bodies else 0.0
    over = (seconds - minimum) / count * 1000
    ratio = minimum / seconds if bodies else "–"
    return (f"{latency} s", held, count, len(bodies), seconds, minimum, ratio, count / seconds, over)


def lookups(count: int, folder: Path) -> None:
    """The engine alone, without a pipeline: with an empty cache and, the second time, with a full one."""
    questions = [question(number) for number in range(count)]
    rows: list[tuple[object, ...]] = [("", "rows/s", "rows per CPU second")]
    with Server() as server:
        for name in ("generated", "from the full cache"):
            seconds, used = filled(server, folder / "lookups", questions)
            rows.append((name, count / seconds, count / used))
    table(f"{count} rows without a pipeline", rows)


def slow_rows(count: int, folder: Path) -> None:
    """Seconds from the first request to the last response, except those of one row in a hundred, which take half a minute."""
    late = [Fault("late", share=0.01, seconds=30)]
    questions = [question(number) for number in range(count)]
    rows: list[tuple[object, ...]] = [("", "rows", "slow", "the others took s", "rows/s")]

    def measured(name: str, faults: list[Fault], work: Callable[[Server], object]) -> list[bytes]:
        with Server(latency=LATENCY, slots=SLOTS, faults=faults) as server:
            seconds, slow = others(server, lambda: work(server), count)
            rows.append((name, count, slow, seconds, (count - slow) / seconds))
            return [orjson.dumps(body) for body in server.requests()]

    bodies = measured("ours", late, lambda server: loop(ours(server, folder / "slow"), questions))
    measured("bare client", late, lambda server: bare(server, bodies))
    measured("ours, none slow", [], lambda server: loop(ours(server, folder / "quick"), questions))
    table(f"One slow row in a hundred (30 s), {SLOTS} slots; a slow row occupies its slot", rows)


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
            requests(model, [question(number) for number in range(part * count // parts, (part + 1) * count // parts)])
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
        head = ("latency", "cache", "rows", "sent", "ours s", "bare s", "bare/ours", "rows/s", "overhead ms a row")
        rows = [compared(count // part, latency, held, start, folder) for count, latency, held in CASES]
        table(f"Ours in a pipeline and a bare aiohttp client, {SLOTS} slots, net of start-up", [head, *rows])
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

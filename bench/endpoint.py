"""The endpoint engine beside a bare aiohttp client and distilabel's own client, on the tests' server, in one run.

    python -m bench.endpoint [--quick]

The bare client sends the very bodies that the engine sent, so both meet the same latencies. Each pipeline's figure is net of
start-up, which is what the same pipeline takes for one row.
"""

from __future__ import annotations

import argparse
import asyncio
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

import aiohttp
import orjson

from bench.common import minimal, question, run, table
from tests.server import Server
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


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="a quarter of the requests")
    part = 4 if parser.parse_args().quick else 1
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        start = startup(folder)
        rows: list[tuple[object, ...]] = [("requests, mean latency", "ours s", "bare s", "bare/ours", "ours req/s")]
        for count, latency in ((1000 // part, LATENCY), (4000 // part, LATENCY), (4000 // part, 0.0)):
            engine, least = against_bare(count, latency, start, folder)
            rows.append((f"{count}, {latency} s", engine, least, least / engine, count / engine))
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


if __name__ == "__main__":
    main()

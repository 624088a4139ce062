"""Rows through the response cache, as the model of a stage takes them there, and then through the stage's schema to parquet.

No stage has more than 200,000 rows at once, so a million are five runs on one growing cache.

    python -m bench.scale_cache FOLDER ROWS        # one size, in this process; prints JSON
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeVar

import orjson

from bench.common import table
from bench.watching import growth, verdict, watched
from tests.project import ROOT, Project
from xlforge.models.engine import Sink
from xlforge.requests.request import Request
from xlforge.requests.response import Response

AT_ONCE = 200_000
ENGLISH = "The mill was built by the river and grinds rye for the whole valley. " * 6
GERMAN = "Die Mühle wurde am Fluss gebaut und mahlt Roggen für das ganze Tal. " * 6
T = TypeVar("T")


class Parrot:
    """An engine that always generates the same text, sixty-four at a time, each group committed before the next, as workers do."""

    def generate(self, requests: Sequence[Request], sink: Sink) -> None:
        for start in range(0, len(requests), 64):
            group = requests[start : start + 64]
            sink.put([(request, Response(GERMAN, "stop", 300, 90, -20.0)) for request in group]).result()

    def close(self) -> None:
        """It holds nothing."""


def translated(folder: Path, first: int, count: int) -> dict[str, float]:
    """Seconds of each part of what `count` rows take, from row `first` on."""
    from pipelines.translations.v1.schema import Rows
    from xlforge.base.files import write_parquet
    from xlforge.base.frames import partition, split, valid
    from xlforge.config.execution import Execution
    from xlforge.config.models import Model, Sampling
    from xlforge.steps.answerers import Live
    from xlforge.steps.cached_llm import CachedLLM

    seconds: dict[str, float] = {}

    def timed(name: str, work: Callable[[], T]) -> T:
        start = time.perf_counter()
        made = work()
        seconds[name] = time.perf_counter() - start
        return made

    model = CachedLLM(
        role="translator",
        spec=Model(engine="openai", model="parrot"),
        sampling=Sampling(temperature=0.7, max_tokens=512),
        logprobs=True,
    )
    live = Live(Execution(cache=f"sqlite:///{folder}/cache.sqlite"), engine=lambda *_: Parrot())
    model.use(live)
    model.load()
    prompts = [f"Translate the text into German.\n{number}\n{ENGLISH * 2}" for number in range(first, first + count)]
    timed("generated", lambda: model.generate(prompts))
    answers = timed("hits", lambda: model.generate(prompts))
    live.close()
    made_by = {"stage": "translations", "version": "v1", "model": "parrot", "prompt": "full@0123456789ab"}
    made_by |= {"step": "Translate", "key": "0" * 64, "fault": ""}
    made: list[dict[str, Any]] = [
        {
            **{"id": f"seed-{number:09d}-0123abcd/de/0", "answer_id": f"seed-{number:09d}-0123abcd", "language": "de"},
            **{"candidate": 0, "translator": "parrot", "response": ENGLISH, "translation": answer["generations"][0]},
            **{"logprob": -0.2, "provenance": [made_by] * 4},
        }
        for number, answer in enumerate(answers, first)
    ]

    def validated() -> None:
        rows, rejects = split(made, Rows, "translations")
        partition([row["id"] for row in made], rows, rejects)
        write_parquet(valid(rows, Rows, "rows"), folder / "rows.parquet")

    timed("validated", validated)
    return seconds


def run(sizes: Sequence[int]) -> str | None:
    """Prints the table; what is wrong, if anything is."""
    head = ("rows", "CPU s", "GB at most", "growth", "generated/s", "hits/s", "validated and written/s")
    lines: list[tuple[object, ...]] = [head]
    cpu, memory = [], []
    for number, count in enumerate(sizes):
        with tempfile.TemporaryDirectory() as name:
            command = [sys.executable, "-W", "ignore", "-m", "bench.scale_cache", name, str(count)]
            taken = watched(command, ROOT, Project(ROOT).environment, Path(name) / "log.txt")
            seconds = orjson.loads((Path(name) / "log.txt").read_bytes().splitlines()[-1])
        cpu.append(taken.cpu)
        memory.append(taken.gigabytes)
        power = growth(sizes[: number + 1], cpu) if number else ""
        rates = [f"{count / seconds[part]:,.0f}" for part in ("generated", "hits", "validated")]
        lines.append((f"{count:,}", taken.cpu, taken.gigabytes, power, *rates))
        print(f"{count:,} rows: {taken.seconds:.0f} s", file=sys.stderr, flush=True)
    table("Rows through the response cache and schema validation", lines)
    return verdict(sizes, cpu, memory)


if __name__ == "__main__":
    every: dict[str, float] = {}
    for start in range(0, int(sys.argv[2]), AT_ONCE):
        each = translated(Path(sys.argv[1]), start, min(AT_ONCE, int(sys.argv[2]) - start))
        every = {part: every.get(part, 0.0) + seconds for part, seconds in each.items()}
    print(orjson.dumps(every).decode())

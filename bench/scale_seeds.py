"""Passages through the whole stage `seeds`: read, cleaned, judged, freed of near-duplicates, sampled, validated and written."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

import orjson

from bench import passages
from bench.common import table
from bench.watching import Taken, growth, verdict, watched
from tests.project import Project


def one(project: Project, count: int) -> tuple[Taken, dict[str, int]]:
    """The time and memory of the stage for this many passages, and its metrics. Half of them are sampled."""
    source = project.folder / "source.parquet"
    prompts = [
        orjson.loads(line)["prompt"]
        for line in (project.folder / "data/prompts/pocket.jsonl").read_bytes().splitlines()
    ]
    passages.write(source, count, prompts)
    project.set(
        {
            "seeds.source": {"kind": "parquet", "path": source.name, "text": "text", "id": "id"},
            "seeds.sample": count // 2,
        }
    )
    taken = watched(
        [sys.executable, "-m", "stages.seeds"], project.folder, project.environment, project.folder / "log.txt"
    )
    metrics = orjson.loads((project.folder / "data/seeds/metrics.json").read_bytes())
    if metrics["source_rows"] != count:
        raise RuntimeError(f"{metrics['source_rows']} of {count} passages were read: the figure is not valid")
    return taken, metrics


def run(sizes: Sequence[int]) -> str | None:
    """Prints the table; returns the fault, if there is one."""
    lines: list[tuple[object, ...]] = [
        ("passages", "seconds", "CPU s", "a second", "GB at most", "growth", "rows", "rejects", "not sampled")
    ]
    every: list[Taken] = []
    with tempfile.TemporaryDirectory() as folder:
        project = Project.make(Path(folder) / "project", {})
        for number, count in enumerate(sizes):
            taken, metrics = one(project, count)
            every.append(taken)
            power = growth(sizes[: number + 1], [each.cpu for each in every]) if number else ""
            numbers = [f"{metrics[name]:,}" for name in ("rows", "rejects", "not_sampled")]
            lines.append(
                (
                    f"{count:,}",
                    taken.seconds,
                    taken.cpu,
                    f"{count / taken.seconds:,.0f}",
                    taken.gigabytes,
                    power,
                    *numbers,
                )
            )
            print(f"{count:,} passages: {taken.seconds:.0f} s; {metrics['reasons']}", file=sys.stderr, flush=True)
    table("Passages through the stage `seeds`", lines)
    return verdict(sizes, [each.cpu for each in every], [each.gigabytes for each in every])

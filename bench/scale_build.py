"""The whole dataset build in the paper's eight languages, three candidates an answer, against the tests' server without latency.

The overlays `engine=openai` and `paper` are laid over params.yaml as `dvc exp run` does it; then `dvc repro dataset` runs, with an
empty store. Memory is the build's alone: the server's processor time is told apart.
"""

from __future__ import annotations

import sys
import tempfile
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import polars as pl
import psutil
from dvc.utils.hydra import compose_and_dump

from bench import passages
from bench.common import table
from bench.watching import Taken, verdict, watched
from tests.project import Project
from tests.server import Server

OVERLAYS = ("+conf/engine=openai", "+conf=paper")


def project(folder: Path, seeds: int, languages: Sequence[str] | None = None) -> Project:
    """A checkout whose params ask for so many seeds, out of twice as many passages. languages: others than the paper's."""
    made = Project.make(folder, {})
    params = folder / "params.yaml"
    compose_and_dump(params, str(folder), None, "params", "", list(OVERLAYS))
    made.set({"seeds.source": {"kind": "parquet", "path": "source.parquet", "text": "text", "id": "id"}})
    made.set({"seeds.sample": seeds} | ({"languages": list(languages)} if languages else {}))
    passages.write(folder / "source.parquet", 2 * seeds)
    return made


def one(seeds: int, languages: Sequence[str] | None) -> Taken:
    """Builds and prints what it took, by stage."""
    with tempfile.TemporaryDirectory() as name, Server(answer="bench.answers:Answers") as server:
        here = project(Path(name) / "project", seeds, languages)
        env = here.environment | {"XLFORGE_ENDPOINT": server.url}
        command = [sys.executable, "-m", "dvc", "repro", "dataset"]
        taken = watched(command, here.folder, env, Path(name) / "log.txt")
        served = sum(psutil.Process(server.process.pid).cpu_times()[:2])
        counts = server.counts()
        examples = len(pl.read_parquet(here.folder / "data/dataset/rows.parquet", columns=["id"]))
        runs = here.runs()
    title = f"{seeds:,} seeds, {examples:,} examples, {counts['received']:,} requests at the server"
    table(f"{title} ({served:,.0f} CPU s of its own)", by_stage(runs, taken))
    if counts["repeated"]:
        raise RuntimeError(f"{counts['repeated']} calls were bought twice")
    return taken


def by_stage(runs: list[dict[str, Any]], taken: Taken) -> list[tuple[object, ...]]:
    """Lines of the table: the stages of one name together, as they ran one after the other."""
    together: dict[str, list[tuple[dict[str, Any], Taken]]] = defaultdict(list)
    for run in runs:
        name = f"{run['stage']}@{run['item']}" if run["item"] else run["stage"]
        together[run["stage"]].append((run, taken.stages.get(name, Taken())))
    lines: list[tuple[object, ...]] = [
        ("stage", "seconds", "CPU s", "GB at most", "rows in", "rows", "rejects", "calls", "calls a second")
    ]
    for stage, each in together.items():
        seconds, calls = sum(run["seconds"] for run, _ in each), sum(run["calls"] for run, _ in each)
        numbers = [f"{sum(run[name] for run, _ in each):,}" for name in ("rows_in", "rows_out", "rejects", "calls")]
        lines.append(
            (
                f"{stage} × {len(each)}" if len(each) > 1 else stage,
                *(seconds, sum(took.cpu for _, took in each), max(took.gigabytes for _, took in each)),
                *(*numbers, f"{calls / seconds:,.0f}" if calls else ""),
            )
        )
    calls = sum(run["calls"] for run in runs)
    rate = f"{calls / taken.seconds:,.0f}"
    return [*lines, ("all, with dvc", taken.seconds, taken.cpu, taken.gigabytes, "", "", "", f"{calls:,}", rate)]


def run(sizes: Sequence[int], languages: Sequence[str] | None = None) -> str | None:
    """Prints a table for each size; what is wrong, if anything is."""
    every = [one(seeds, languages) for seeds in sizes]
    return verdict(sizes, [each.cpu for each in every], [each.gigabytes for each in every])

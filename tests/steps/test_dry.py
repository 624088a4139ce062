"""A pipeline with the answerer of a plan: nothing is generated, and rows that lack a response pass by every step without a model."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts
from distilabel.steps.tasks import TextGeneration

from xlforge.base.rows import Row
from xlforge.cache.cache import Cache
from xlforge.config.models import Model, Sampling
from xlforge.requests.response import Response
from xlforge.steps.cached_llm import CachedLLM
from xlforge.steps.dry import Dry, waits
from xlforge.steps.llm_step import LLMStep
from xlforge.steps.map_step import MapStep
from xlforge.steps.runner import callers, run


class Upper(MapStep):
    """generation → generation in capital letters."""

    def work(self, row: Row) -> Row:
        return {**row, "generation": row["generation"].upper()}


class Grade(LLMStep):
    """generation → grade."""

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        return {"grade": int(output or "")}


def llm(role: str) -> CachedLLM:
    return CachedLLM(role=role, spec=Model(model=role, revision="r"), sampling=Sampling(), stage="scores", version="v1")


@pytest.fixture
def pipeline(tmp_path: Path) -> Pipeline:
    """A stock task of distilabel, row-wise work, and a step of ours."""
    (tmp_path / "grade.jinja2").write_text("Grade: {{ generation }}")
    rows = [{"id": name, "instruction": f"Write {name}", "provenance": [], "reject": None} for name in "ab"]
    with Pipeline("scores") as made:
        write = LoadDataFromDicts(data=rows, batch_size=10) >> TextGeneration(name="write", llm=llm("teacher"))
        grade = Grade(prompt=tmp_path / "grade.jinja2", adds=["grade"], llm=llm("judge"))
        write >> Upper(reads=["generation"], adds=["generation"]) >> grade
    return made


@pytest.fixture
def cache(tmp_path: Path) -> Iterator[Cache]:
    with Cache(f"sqlite:///{tmp_path / 'cache.sqlite'}") as opened:
        yield opened


def counted(dry: Dry) -> dict[str, tuple[int, int, int]]:
    return {caller.role: (count.cached, count.missing, count.after) for caller, count in dry.counts.items()}


def test_a_pipeline_shows_who_calls_models(pipeline: Pipeline) -> None:
    assert [caller.role for caller in callers(pipeline)] == ["teacher", "judge"]


def test_rows_without_a_response_wait_and_are_estimated_at_later_steps(pipeline: Pipeline, cache: Cache) -> None:
    dry = Dry(cache, set())
    rows = run(pipeline, dry)
    assert all(map(waits, rows))
    assert [row.get("generation") for row in rows] == [None, None]
    assert counted(dry) == {"teacher": (0, 2, 0), "judge": (0, 0, 2)}
    assert cache.stats()["models"] == []


def test_rows_with_their_responses_are_counted_to_the_end(pipeline: Pipeline, cache: Cache) -> None:
    teacher, judge = llm("teacher"), llm("judge")
    first = teacher.request([{"role": "user", "content": "Write a"}])
    last = judge.request([{"role": "user", "content": "Grade: TEXT"}])
    cache.put([(first, Response("text", "stop", 1, 1)), (last, Response("4", "stop", 1, 1))]).result()
    dry = Dry(cache, set())
    whole, waiting = run(pipeline, dry)
    assert (whole["id"], whole["grade"], whole["reject"]) == ("a", 4, None)
    assert waits(waiting)
    assert counted(dry) == {"teacher": (1, 1, 0), "judge": (1, 0, 1)}
    assert dry.lacks

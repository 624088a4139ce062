"""The whole dataset build through a real vLLM that the build starts itself, compared with the same build in process."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import orjson
import pytest

from tests.project import SMALL, Project, names

pytestmark = pytest.mark.vllm
ROLES = {f"{role}.engine": "vllm" for role in ("teacher", "judge", "translators.pocket", "estimator")}
STAGES = ("instructions", "responses", "scores", "translations/de", "selection/de", "dataset")
EVALUATED = {
    "benchmark.sample": 12,
    "student.num_train_epochs": 2,
    "models.base.engine": "vllm",
    "models.bestof3.engine": "vllm",
}


def metrics(project: Project, stage: str) -> dict[str, Any]:
    return dict(orjson.loads((project.folder / "data" / stage / "metrics.json").read_bytes()))


def build(project: Project, upto: str, env: dict[str, str]) -> list[dict[str, Any]]:
    """Builds as far as a stage, with time for a server to start; the records of the stages that ran."""
    before = len(project.runs())
    project.run("dvc", "repro", upto, env=env, timeout=3000)
    return project.runs()[before:]


def engines(project: Project) -> list[dict[str, Any]]:
    return list(orjson.loads(project.run("xlforge", "engine", "status", "--json").stdout))


@pytest.fixture(scope="module")
def through_vllm(tmp_path_factory: pytest.TempPathFactory, servers: dict[str, str]) -> Iterator[Project]:
    project = Project.make(tmp_path_factory.mktemp("vllm") / "project", SMALL | ROLES | EVALUATED)
    try:
        yield project
    finally:
        project.run("xlforge", "engine", "down", "--force", check=False)


def test_the_dataset_is_like_that_of_the_in_process_engine(
    through_vllm: Project, servers: dict[str, str], built: Project
) -> None:
    begun = time.monotonic()
    ran = build(through_vllm, "dataset", servers)
    seconds = time.monotonic() - begun
    (server,) = engines(through_vllm)
    assert server["model"] == "models/pocket/teacher", "teacher and judge ended each other's servers"
    print(f"\nthrough vLLM: {seconds:.0f} s, its start among them")
    for record in ran:
        if record["calls"]:
            rate = record["tokens_out"] / record["seconds"]
            print(f"  {names([record])[0]}: {record['calls']} calls, {record['seconds']:.1f} s, {rate:.0f} tokens/s")
    for stage in STAGES:
        here, there = metrics(built, stage), metrics(through_vllm, stage)
        print(f"{stage}\n  in process {here}\n  vLLM       {there}")
        assert abs(here["rows"] - there["rows"]) <= 0.25 * max(here["rows"], 1), stage
    rejected = through_vllm.read("scores", "rejects")["reason"].to_list()
    assert "unreadable_grades" not in rejected, "decoding follows the schema"


def test_students_answer_by_name_on_the_server_of_their_base(through_vllm: Project, servers: dict[str, str]) -> None:
    build(through_vllm, "answers@base", servers)
    build(through_vllm, "answers@bestof3", servers)
    base, student = (through_vllm.read("answers", item=name) for name in ("base", "bestof3"))
    assert len(base) == len(student) > 0
    assert base["answer"].to_list() != student["answer"].to_list()
    (server,) = engines(through_vllm)
    assert server["adapters"] == ["bestof3"]
    assert server["model"] == "models/pocket/student"
    through_vllm.run("xlforge", "engine", "down")
    assert not engines(through_vllm)

"""A short folder for Ray's sockets, a Postgres, and a project whose models are behind the tests' server."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.project import Project

SERVED = {"engine": "openai", "model": "served", "revision": None, "prompts": "full"}
ROLES = {"teacher": SERVED, "judge": SERVED, "translators": {"pocket": SERVED}, "estimator": SERVED}
STAGES = ("seeds", "instructions", "responses", "scores", "translations", "selection")


@pytest.fixture
def place() -> Iterator[Path]:
    """Where Ray's own folder is made: a socket's path has room for a hundred characters."""
    folder = Path(tempfile.mkdtemp(prefix="xr-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project that is served and has its seeds; copy it before you build on."""
    pytest.importorskip("ray")
    lenient = {f"{stage}.max_reject_rate": 1.0 for stage in STAGES}
    project = Project.make(
        tmp_path_factory.mktemp("seeded") / "project", {"languages": ["de"], "seeds.sample": 40, **ROLES, **lenient}
    )
    project.repro(upto="seeds")
    return project

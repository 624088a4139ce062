"""A short folder for Ray's sockets, and a project whose models are behind the tests' server."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest

from tests.project import Project

SERVED = {"engine": "openai", "model": "served", "revision": None, "prompts": "full"}
ROLES = {"teacher": SERVED, "judge": SERVED, "translators": {"pocket": SERVED}, "estimator": SERVED}
STAGES = ("seeds", "instructions", "responses", "scores", "translations", "selection")


@pytest.fixture(scope="session")
def with_ray() -> None:
    """Skips where Ray is not installed; importing it would read the environment before the engine has set it."""
    if find_spec("ray") is None:
        pytest.skip("ray is not installed: make extras")


@pytest.fixture
def place() -> Iterator[Path]:
    """Where Ray's own folder is created: the path of a socket has at most a hundred characters."""
    folder = Path(tempfile.mkdtemp(prefix="xr-"))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="session")
def seeded(with_ray: None, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with its seeds and models that are served; copy it before you build in it."""
    lenient = {f"{stage}.max_reject_rate": 1.0 for stage in STAGES}
    project = Project.make(
        tmp_path_factory.mktemp("seeded") / "project", {"languages": ["de"], "seeds.sample": 40, **ROLES, **lenient}
    )
    project.repro(upto="seeds")
    return project

"""What the tests of faults share: a small project at an endpoint, and what a build of it makes that nothing befalls."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from filelock import FileLock

from tests.builds.asked import Clean, outs
from tests.builds.test_endpoint_builds import at, served
from tests.project import Project
from tests.server import Server

PASSAGES = 16


@pytest.fixture(scope="session")
def clean(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Clean:
    """Made once for all workers of pytest-xdist."""
    common = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        common = common.parent
    folder = common / "clean"
    with FileLock(common / "clean.lock"):
        project, reference = Project(folder / "project"), Project(folder / "reference")
        if not (folder / "done").exists():
            served(folder, shared, PASSAGES)
            project.copy(reference.folder)
            with Server() as server:
                reference.repro(env=at(server))
            (folder / "done").touch()
    return Clean(project, outs(reference))

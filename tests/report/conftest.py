"""One made-up build and its page, for all tests of the report."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.project import Project
from tests.report import small


@pytest.fixture(scope="package")
def made(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project with every out of a build, and no page yet."""
    done = small.project(tmp_path_factory.mktemp("report") / "project", {"report.truth": small.TRUTH})
    small.build(done)
    return done


@pytest.fixture(scope="package")
def page(made: Project) -> Path:
    """The page of that build."""
    return small.report(made)

"""`xlforge check-params` finds what would stop a build later: files that do not exist and weights of another revision."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.project import Project


def check(project: Project) -> CompletedProcess[str]:
    return project.run(sys.executable, "-c", "from commands.main import run; run()", "check-params", check=False)


@pytest.fixture(scope="module")
def unbuilt(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project.make(tmp_path_factory.mktemp("unbuilt"))


def test_a_project_before_its_first_build_is_valid(unbuilt: Project) -> None:
    done = check(unbuilt)
    assert done.returncode == 0, done.stderr
    assert "languages de." in done.stdout


def test_every_missing_file_and_every_wrong_revision_is_one_line(unbuilt: Project, tmp_path: Path) -> None:
    project = unbuilt.copy(tmp_path / "project")
    project.set({"seeds.source.path": "data/seeds/none.jsonl", "judge.revision": "sha256:0", "report.truth": None})
    done = check(project)
    assert done.returncode == 1
    assert "data/seeds/none.jsonl does not exist, and no stage writes it" in done.stderr
    assert "revision sha256:0" in done.stderr
    assert done.stderr.count("\n  ") == 2
    assert "Traceback" not in done.stderr


def test_a_variable_of_the_environment_that_is_not_valid_is_a_fault(unbuilt: Project) -> None:
    done = unbuilt.run(
        sys.executable, "-c", "from commands.main import run; run()", "check-params", check=False,
        env={"XLFORGE_CONCURRENCY": "many"},
    )  # fmt: skip
    assert done.returncode == 1
    assert "XLFORGE_" in done.stderr

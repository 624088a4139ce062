"""A real build: a lock that was cut is restored, git sees no output, and no name of params.yaml is run by a shell."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from tests.project import Project


@pytest.fixture(scope="module")
def seeded(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A project whose first stage was built, and the second was ended by an error."""
    project = Project.make(tmp_path_factory.mktemp("locks") / "project")
    project.set({"seeds.max_reject_rate": 1.0, "instructions.max_reject_rate": 0.0, "teacher.revision": "sha256:wrong"})
    project.commit("a teacher that is refused")
    project.run("dvc", "repro", "instructions", check=False)
    return project


def test_a_build_that_fails_leaves_nothing_to_commit(seeded: Project) -> None:
    assert (seeded.folder / "data/seeds/rows.parquet").exists()
    found = seeded.git("status", "--porcelain", "--untracked-files=all").split()
    assert not [path for path in found if path.endswith((".parquet", ".gitignore", ".part"))]
    assert "data/seeds/metrics.json" in found


@pytest.mark.parametrize("end", [0, 100, -3])
def test_a_lock_that_was_cut_is_restored_and_the_build_goes_on(seeded: Project, tmp_path: Path, end: int) -> None:
    project = seeded.copy(tmp_path / "project")
    lock = project.folder / "dvc.lock"
    whole = lock.read_text()
    assert (project.folder / ".xlforge/dvc.lock").read_text() == whole
    lock.write_text(whole[:end])
    if not end:
        assert project.run("dvc", "repro", "seeds", check=False).returncode
    assert "restored" in project.run("xlforge", "plan", "seeds").stderr
    assert lock.read_text() == whole
    lock.write_text(whole[:end])
    project.run(sys.executable, "-m", "xlforge.base.dvc_lock")
    assert not project.repro(upto="seeds")


@pytest.mark.parametrize("name", ["x; touch pwned; #", "$(touch pwned)", "x\ntouch pwned"])
def test_a_name_of_params_is_not_run_by_a_shell(seeded: Project, tmp_path: Path, name: str) -> None:
    project = seeded.copy(tmp_path / "project")
    for block in ("students", "models"):
        raw = (
            {"base": "pocket", "config": "bestof3"}
            if block == "students"
            else {"model": "x", "against": name, "needs": "params.yaml"}
        )
        project.set({block: {name: raw}})
        stage = "student" if block == "students" else "answers"
        done = project.run("dvc", "repro", "--single-item", f"{stage}@{name}", check=False)
        assert done.returncode
        assert not (project.folder / "pwned").exists()
        assert "only the letters a to z" in project.run("xlforge", "check-params", check=False).stderr

"""`xlforge use` writes params.yaml, or shows what it would write, and runs nothing."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import CompletedProcess

from tests.project import Project


def use(project: Project, *words: str) -> CompletedProcess[str]:
    return project.run(sys.executable, "-c", "from commands.main import run; run()", "use", *words, check=False)


def test_an_overlay_is_shown_then_written_and_one_that_is_wrong_changes_nothing(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project")
    path = project.folder / "params.yaml"
    before = path.read_bytes()
    shown = use(project, "--dry-run", "engine/openai", "teacher.model=served")
    assert shown.returncode == 0, shown.stderr
    assert path.read_bytes() == before
    wrong = use(project, "engine/openai", "teacher.modle=served")
    assert wrong.returncode == 1
    assert "did you mean 'model'?" in wrong.stderr
    assert "Traceback" not in wrong.stderr
    assert path.read_bytes() == before
    written = use(project, "engine/openai", "teacher.model=served")
    assert written.stdout == shown.stdout
    assert "+  model: served" in written.stdout
    assert path.read_text().count("model: served") == 4
    assert use(project, "engine/openai", "teacher.model=served").stdout == ""
    assert not project.runs()
    assert not (project.folder / "dvc.lock").exists()

"""A released version of a pipeline does not change under its name."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from xlforge.stage import versions


def test_released_versions_have_not_drifted() -> None:
    assert not versions.drifted(), "\n".join(versions.drifted())


def test_every_version_in_use_is_released() -> None:
    assert set(versions.present()) == set(versions.released()), "run python -m xlforge.stage.versions"


def test_a_changed_prompt_is_drift_and_the_message_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree("pipelines", tmp_path / "pipelines", ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.chdir(tmp_path)
    assert not versions.drifted()
    prompt = Path("pipelines/scores/v1/prompts/full.jinja2")
    prompt.write_text(prompt.read_text() + "\nBe kind.")
    (fault,) = versions.drifted()
    assert "pipelines/scores/v1 has changed" in fault
    assert "cp -r pipelines/scores/v1 pipelines/scores/v2" in fault

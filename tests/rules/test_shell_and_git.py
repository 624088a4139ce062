"""No name of params.yaml reaches a shell, and what stages deliver is never committed by accident."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import Any

import pytest

from xlforge.config.yaml12 import read_yaml
from xlforge.stage.stage import dvc_item

STAGES: dict[str, Any] = read_yaml(Path(__file__).parents[2] / "dvc.yaml")["stages"]
NAMES = {"${key}": "any_name", "${item.lang}": "no"}


def outs(cached: bool) -> list[str]:
    """The outputs of all stages that DVC caches, or that git keeps."""
    found = []
    for entry in STAGES.values():
        body = entry.get("do", entry)
        for out in [*body.get("outs", []), *body.get("metrics", []), *body.get("plots", [])]:
            path, options = next(iter(out.items())) if isinstance(out, dict) else (out, {})
            for variable, name in NAMES.items():
                path = path.replace(variable, name)
            found += [path] * (options.get("cache", True) is cached)
    return found


def ignored(path: str) -> bool:
    done = subprocess.run(
        ["git", "check-ignore", "--verbose", "--no-index", path], capture_output=True, text=True, check=False
    )
    return done.stdout.startswith(".gitignore:")


def test_no_command_holds_a_value_of_params() -> None:
    assert not [name for name, entry in STAGES.items() if "$" in str(entry.get("do", entry)["cmd"])]


@pytest.mark.parametrize("name", ["de", "x; touch pwn; #", "$(touch pwn)", "two\nlines", "a@b"])
def test_an_item_is_what_dvc_runs(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DVC_STAGE", f"student@{name}")
    assert dvc_item("student") == name
    assert dvc_item("answers") is None


def test_the_root_ignores_every_cached_output_and_its_temporary_file() -> None:
    assert len(outs(cached=True)) > 20
    for path in outs(cached=True):
        assert ignored(path if Path(path).suffix else f"{path}/part-0.parquet"), path
        assert ignored(re.sub(r"([^/]+)$", r".\1.part", path)), path


def test_the_root_ignores_no_output_that_git_keeps_and_no_source() -> None:
    for path in (*outs(cached=False), "data/seeds/mine.parquet", "data/prompts/mine.jsonl", "models/pocket/teacher/x"):
        assert not ignored(path), path

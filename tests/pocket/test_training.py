"""`make pocket` makes the same models again: the same bytes from two trainings, whatever the hashes of strings are."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.project import ROOT


def trained(name: str, folder: Path, hashes: str) -> dict[str, bytes]:
    """The files of a model after a few steps of its recipe."""
    folder.mkdir()
    subprocess.run(
        [sys.executable, "-m", "pocket.train", name, "--steps", "3", "--folder", folder / "model"],
        cwd=folder, env=os.environ | {"PYTHONPATH": str(ROOT), "PYTHONHASHSEED": hashes}, check=True, capture_output=True,
    )  # fmt: skip
    return {path.name: path.read_bytes() for path in (folder / "model").iterdir()}


@pytest.mark.slow
def test_two_trainings_agree_byte_for_byte_and_the_tokenizer_is_the_shipped_one(tmp_path: Path) -> None:
    first, second = trained("teacher", tmp_path / "one", "1"), trained("teacher", tmp_path / "two", "2")
    assert {"model.safetensors", "tokenizer.json"} <= set(first)
    assert first == second
    assert first["tokenizer.json"] == tokenizer("teacher")


@pytest.mark.slow
def test_the_students_tokenizer_is_the_shipped_one(tmp_path: Path) -> None:
    assert trained("student", tmp_path / "one", "1")["tokenizer.json"] == tokenizer("student")


def tokenizer(name: str) -> bytes:
    """The shipped one."""
    return (ROOT / "models" / "pocket" / name / "tokenizer.json").read_bytes()

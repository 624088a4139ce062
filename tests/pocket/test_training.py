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
@pytest.mark.parametrize(("name", "shipped"), [("teacher", "teacher"), ("comparing", None), ("student", "student")])
def test_two_trainings_agree_byte_for_byte(name: str, shipped: str | None, tmp_path: Path) -> None:
    first, second = trained(name, tmp_path / "one", "1"), trained(name, tmp_path / "two", "2")
    assert {"model.safetensors", "tokenizer.json"} <= set(first)
    assert first == second
    if shipped:
        assert first["tokenizer.json"] == (ROOT / "models" / "pocket" / shipped / "tokenizer.json").read_bytes()

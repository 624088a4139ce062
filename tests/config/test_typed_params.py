"""A stage's params are typed: a name that does not exist fails mypy, before anything is run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from mypy import api

ROOT = Path(__file__).parents[2]
PIPELINE = """
from pipelines.translations.v1.schema import Params
from xlforge.steps.context import Context


def candidates(context: Context[Params]) -> int:
    return context.params.candidates


def misspelt(context: Context[Params]) -> int:
    return context.params.candidatez


def teacher(context: Context[Params]) -> str:
    return context.config.teacher.model
"""


@pytest.mark.slow
def test_a_misspelt_parameter_fails_mypy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    file = tmp_path / "pipeline.py"
    file.write_text(PIPELINE)
    out, _, status = api.run([str(file)])  # with the cache of `make lint`
    assert status != 0
    assert 'pipeline.py:11: error: "Params" has no attribute "candidatez"' in out
    assert set(re.findall(r"^.*:(\d+): error", out, re.M)) == {"11"}, out

"""A stage's params are typed: a name that does not exist fails mypy, before anything is run."""

from __future__ import annotations

from pathlib import Path

import pytest
from mypy import api

ROOT = Path(__file__).parents[2]
PIPELINE = """
from pipelines.translations.v1.schema import Params
from xlforge.steps.context import Context


def candidates(context: Context[Params]) -> int:
    return context.params.{name}


def teacher(context: Context[Params]) -> str:
    return context.config.teacher.model
"""


@pytest.mark.slow
@pytest.mark.parametrize(("name", "fault"), [("candidates", None), ("candidatez", 'has no attribute "candidatez"')])
def test_a_misspelt_parameter_fails_mypy(
    name: str, fault: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(ROOT)
    file = tmp_path / "pipeline.py"
    file.write_text(PIPELINE.format(name=name))
    out, _, status = api.run([str(file), "--follow-imports", "silent"])
    assert (status != 0) == (fault is not None), out
    assert fault is None or fault in out

"""The files of the stage `evaluation`."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stages.evaluation import write


def test_an_interrupted_write_leaves_the_old_csv(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage: Any = SimpleNamespace(out=tmp_path)
    write(stage, [{"model": "first", "win_rate": 50.0}], "table.csv")

    def interrupt(*_: Any) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", interrupt)
    with pytest.raises(KeyboardInterrupt):
        write(stage, [{"model": "second", "win_rate": 60.0}], "table.csv")
    assert (tmp_path / "table.csv").read_text() == "model,win_rate\nfirst,50.0\n"

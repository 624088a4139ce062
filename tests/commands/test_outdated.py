"""Figures of stages that were not built from the present dataset are not shown as current."""

import json
import shutil
from pathlib import Path

import polars as pl
import pytest
from click.testing import CliRunner

from commands.main import cli
from pipelines.dataset.v2.schema import Rows
from xlforge.config import current
from xlforge.config.gates import Gate
from xlforge.diff import gates

HEAD = "model,set,language,win_rate,low,high,right_language,facts,precision\n"
TABLE = f"{HEAD}mine,crosslingual,mean,99.5,98,100,1,1,\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A dataset, rejects of two stages, and an evaluation."""
    shutil.copy("dvc.yaml", tmp_path / "dvc.yaml")
    monkeypatch.chdir(tmp_path)
    for stage in ("scores", "selection/de", "dataset", "evaluation"):
        (tmp_path / "data" / stage).mkdir(parents=True)
    schema = {name: column.dtype.type for name, column in Rows.to_schema().columns.items()}
    pl.DataFrame(schema=schema).write_parquet("data/dataset/rows.parquet")
    for stage in ("scores", "selection/de"):
        Path("data", stage, "metrics.json").write_text(json.dumps({"rows": 7, "rejects": 3, "reasons": {stage: 3}}))
    Path("data/evaluation/table.csv").write_text(TABLE)
    return tmp_path


def summary(monkeypatch: pytest.MonkeyPatch, old: dict[str, str]) -> str:
    monkeypatch.setattr(current, "outdated", lambda: old)
    done = CliRunner().invoke(cli, ["summary"])
    assert done.exit_code == 0, done.exception
    return done.output


@pytest.mark.usefixtures("folder")
def test_the_summary_lists_outdated_stages_and_shows_no_figure_of_theirs(monkeypatch: pytest.MonkeyPatch) -> None:
    shown = summary(monkeypatch, {})
    assert "99.5" in shown and "3 selection/de" in shown and "utdated" not in shown
    shown = summary(monkeypatch, {"selection@de": "it was built from another data/translations", "evaluation": "so"})
    assert "99.5" not in shown and "3 selection/de" not in shown and "3 scores" in shown
    assert "Outdated, and so not shown: selection@de" in shown and "`dvc repro`" in shown
    assert "`dvc repro dataset` rebuilds it" in summary(
        monkeypatch, {"dataset": "it was built from another data/selection"}
    )


@pytest.mark.usefixtures("folder")
def test_the_summary_of_too_few_prompts_has_no_interval(monkeypatch: pytest.MonkeyPatch) -> None:
    Path("data/evaluation/table.csv").write_text(f"{HEAD}mine,crosslingual,mean,62.5,,,1,1,\n")
    assert "62.5 (too few prompts), 100%" in summary(monkeypatch, {})


@pytest.mark.usefixtures("folder")
def test_a_gate_on_an_outdated_figure_fails_and_names_the_command(monkeypatch: pytest.MonkeyPatch) -> None:
    gate = {"few": Gate(metric="*:reject_share", max=0.5)}
    assert {result.verdict for result in gates.check(gate, "HEAD")} == {"passed"}
    monkeypatch.setattr(gates, "outdated", lambda: {"scores": "it was built from another data/responses"})
    results = {result.metric: result for result in gates.check(gate, "HEAD")}
    stale = results["scores:reject_share"]
    assert stale.fails and stale.value is None and "`dvc repro scores`" in stale.detail
    assert results["selection@de:reject_share"].verdict == "passed"

"""How many seeds a number of rows needs: the language with the fewest rows decides, and nothing is guessed."""

from __future__ import annotations

import shutil
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from commands.plan import command
from tests.project import ROOT
from xlforge.base.errors import BuildError
from xlforge.plan.target import target


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """What the metrics of a build of 200 seeds leave: 160 German, 120 Hungarian and 180 Irish rows."""
    for name in ("params.yaml", "dvc.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("pipelines", "stages", "models"):
        (tmp_path / name).symlink_to(ROOT / name)
    figures = {
        "seeds": {"rows": 200, "not_sampled": 300, "source_rows": 1000},
        "selection/de": {"rows": 160},
        "selection/hu": {"rows": 120},
        "selection/ga": {"rows": 180},
    }
    for name, metrics in figures.items():
        folder = tmp_path / "data" / name
        folder.mkdir(parents=True)
        (folder / "metrics.json").write_bytes(orjson.dumps(metrics))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_language_with_the_fewest_rows_decides(built: Path) -> None:
    needed, write = target(250)
    assert "about 417 seeds" in needed and "Hungarian 120 (60%)" in needed and "Irish 180 (90%)" in needed
    assert "xlforge use seeds.sample=417" in write


def test_a_source_that_is_too_small_is_named(built: Path) -> None:
    _, source, _ = target(301)
    assert source == "The source has 500 usable seeds among 1,000 rows: it needs about 1,004 rows."


def test_a_language_without_rows_is_no_guess(built: Path) -> None:
    (built / "data/selection/hu/metrics.json").write_bytes(orjson.dumps({"rows": 0}))
    with pytest.raises(BuildError, match="Hungarian: no row passed"):
        target(10)


def test_without_a_build_there_is_nothing_to_estimate_from(built: Path) -> None:
    (built / "dvc.lock").write_text("schema: '2.0'\nstages: {}\n")
    with pytest.raises(BuildError, match="seeds, selection@de, selection@hu, selection@ga: not built"):
        target(10)


def test_a_build_without_metrics_is_an_error_too(built: Path) -> None:
    (built / "data/seeds/metrics.json").unlink()
    with pytest.raises(BuildError, match="seeds"):
        target(10)


def test_the_command_shows_the_target_and_no_plan(built: Path) -> None:
    shown = CliRunner().invoke(command, ["--rows", "250"])
    assert shown.exit_code == 0 and shown.output.splitlines() == target(250)

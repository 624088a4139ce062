"""From seeds to win rates: a small build with one student, and what a change makes run again."""

from __future__ import annotations

from pathlib import Path

import orjson
import pytest
import yaml

from tests.project import ROOT, SMALL, Project, names

MODELS = yaml.safe_load((ROOT / "params.yaml").read_text())["models"]
PARAMS = SMALL | {
    "responses.sampling.temperature": 0.0,
    "students": {"tuned": {"base": "pocket", "config": "bestof3", "languages": None, "rows": None}},
    "student.num_train_epochs": 16,
    "student.learning_rate": 0.005,  # two dozen rows
    "benchmark.sample": 10,  # fewer prompts have no interval
    "benchmark.languages": ["de", "fr"],
    "models": {
        "reference": MODELS["reference"],
        "base": MODELS["base"],
        "tuned": {"student": "tuned", "against": "base", "needs": "models/students/tuned"},
    },
    "evaluation.compare": [["tuned", "base"]],
}
JUDGING = ["verdicts@reference", "verdicts@base", "verdicts@tuned", "evaluation"]


@pytest.fixture(scope="module")
def evaluated(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """A small project, built from seeds to win rates."""
    project = Project.make(tmp_path_factory.mktemp("evaluated") / "project", PARAMS)
    project.repro(upto="evaluation")
    return project


@pytest.mark.slow
def test_a_build_goes_from_seeds_to_win_rates(evaluated: Project) -> None:
    metrics = orjson.loads((evaluated.folder / "data/evaluation/metrics.json").read_bytes())
    assert set(metrics["models"]) == {"reference", "base", "tuned"}
    tuned = metrics["models"]["tuned"]
    assert {"de", "fr", "mean", "zero_shot", "english", "same_de"} <= set(tuned)
    assert tuned["mean"]["coverage"] == 1.0
    assert tuned["mean"]["low"] <= tuned["mean"]["win_rate"] <= tuned["mean"]["high"]
    assert "win_rate" not in metrics["models"]["reference"]["mean"]
    assert metrics["differences"]["tuned-base"]["mean"]["head_to_head"] > 50
    assert evaluated.repro(upto="evaluation") == []
    shown = evaluated.run("dvc", "metrics", "show", "data/evaluation/metrics.json", "--md").stdout
    assert "models.tuned.mean.win_rate" in shown
    evaluated.run("dvc", "plots", "show", "--json")


@pytest.mark.slow
def test_another_learning_rate_keeps_dataset_and_benchmark(evaluated: Project, tmp_path: Path) -> None:
    project = evaluated.copy(tmp_path / "project")
    project.set({"student.learning_rate": 0.004})
    ran = names(project.repro(upto="evaluation"))
    assert ran[0] == "student@tuned"
    assert set(ran) <= {"student@tuned", "answers@tuned", "verdicts@tuned", "evaluation"}


@pytest.mark.slow
def test_another_version_of_the_judge_runs_verdicts_and_evaluation_alone(evaluated: Project, tmp_path: Path) -> None:
    project = evaluated.copy(tmp_path / "project")
    project.run("cp", "-r", "pipelines/verdicts/v2", "pipelines/verdicts/v3")
    for path in (project.folder / "pipelines/verdicts/v3").glob("*.py"):
        path.write_text(
            path.read_text().replace("pipelines.verdicts.v2", "pipelines.verdicts.v3").replace('"v2"', '"v3"')
        )
    project.set({"verdicts.version": "v3"})
    ran = names(project.repro(upto="evaluation"))
    assert ran and set(ran) <= set(JUDGING)


@pytest.mark.slow
def test_missing_verdicts_stop_the_evaluation_with_the_coverage(evaluated: Project, tmp_path: Path) -> None:
    project = evaluated.copy(tmp_path / "project")
    rows = project.folder / "data/verdicts/tuned/rows.parquet"
    import polars as pl

    table = pl.read_parquet(rows)
    rows.unlink()
    table.filter(pl.col("language") != "fr").write_parquet(rows)
    done = project.run("python", "-m", "stages.evaluation", check=False)
    assert done.returncode != 0
    assert "tuned in crosslingual/fr: 0.0%" in done.stderr and "min_coverage" in done.stderr

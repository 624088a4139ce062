"""Gates: each limit separates what passes from what fails, a drop that may be chance does not count, and a missing figure fails."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner

from commands.main import cli
from tests.project import Project
from xlforge.base.errors import BuildError
from xlforge.config.gates import Gate
from xlforge.config.params import ParamsError, load
from xlforge.diff.gates import Result
from xlforge.diff.gates import check as check_all

ROOT = Path(__file__).parents[2]


def write(stage: str, **figures: Any) -> None:
    path = Path("data", *stage.split("@"), "metrics.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(figures))


def git(*words: str) -> None:
    subprocess.run(["git", "-c", "user.name=Test", "-c", "user.email=t@example.org", *words], check=True)


def check(against: str = "HEAD", **gate: Any) -> list[Result]:
    return check_all({"gate": Gate(**gate)}, against)


def win_rate(value: float, low: float | None = None, high: float | None = None) -> None:
    interval = {} if low is None else {"low": low, "high": high}
    write("evaluation", models={"best": {"mean": {"win_rate": value, **interval}}})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def before(folder: None) -> None:
    """A commit in which the win rate was 50, ± 4."""
    git("init", "--quiet")
    win_rate(50.0, 46.0, 54.0)
    git("add", "--all")
    git("commit", "--quiet", "--message", "before")


@pytest.mark.parametrize(
    ("limit", "verdict"),
    [({"min": 4.5}, "passed"), ({"min": 4.6}, "failed"), ({"max": 4.5}, "passed"), ({"max": 4.4}, "failed")],
    ids=str,
)
def test_a_value_is_checked_against_its_limit(folder: None, limit: dict[str, float], verdict: str) -> None:
    write("scores", grades={"mean": 4.5})
    (result,) = check(metric="scores:grades.mean", **limit)
    assert (result.value, result.verdict) == (4.5, verdict)


def test_a_star_stands_for_every_item_and_each_has_its_own_verdict(folder: None) -> None:
    write("selection@de", rows=90, rejects=10)
    write("selection@hu", rows=60, rejects=40)
    write("scores", rows=1, rejects=99)
    results = check(metric="selection@*:reject_share", max=0.2)
    assert [(each.metric, each.value, each.verdict) for each in results] == [
        ("selection@de:reject_share", 0.1, "passed"),
        ("selection@hu:reject_share", 0.4, "failed"),
    ]


def test_a_stage_without_rows_does_not_fail_a_gate_on_all_stages(folder: None) -> None:
    write("scores", rows=9, rejects=1)
    write("evaluation", models={})
    assert [each.metric for each in check(metric="*:reject_share", max=0.5)] == ["scores:reject_share"]


@pytest.mark.parametrize(
    ("metric", "remedy"),
    [
        ("answers@best:cut_off", "data/answers/best/metrics.json is missing: `dvc repro` writes it"),
        ("scores:grades.meen", "data/scores/metrics.json has no number there: fix gates.gate"),
        ("scores:grades", "has no number there"),
        ("scores:done", "has no number there"),
    ],
)
def test_a_missing_figure_fails_with_the_remedy(folder: None, metric: str, remedy: str) -> None:
    write("scores", grades={"mean": 4.5}, done=True)
    (result,) = check(metric=metric, min=0)
    assert result.verdict == "missing"
    assert result.fails
    assert remedy in result.detail


METRIC = "evaluation:models.best.mean.win_rate"


@pytest.mark.parametrize(
    ("now", "limit", "verdict"),
    [
        ((50.0, 46.0, 54.0), 0, "passed"),
        ((55.0, 51.0, 59.0), 0, "passed"),
        ((45.0, 42.0, 48.0), 0, "passed"),  # 5 lower, and chance alone makes 5: √(4² + 3²)
        ((44.0, 41.0, 47.0), 0, "failed"),
        ((44.0, 41.0, 47.0), 2, "passed"),
        ((44.0, None, None), 0, "failed"),
        ((47.0, None, None), 0, "passed"),
    ],
    ids=str,
)
def test_a_drop_counts_by_what_is_beyond_chance(
    before: None, now: tuple[float, float, float], limit: float, verdict: str
) -> None:
    win_rate(*now)
    (result,) = check(metric=METRIC, max_drop=limit)
    assert (result.before, result.value, result.verdict) == (50.0, now[0], verdict)


def test_a_drop_of_too_few_prompts_is_reported_as_such(before: None) -> None:
    win_rate(44.0)
    (result,) = check(metric=METRIC, max_drop=0)
    assert (result.verdict, result.detail) == ("failed", "6 down, too few prompts for an interval")
    win_rate(44.0, 41.0, 47.0)
    (result,) = check(metric=METRIC, max_drop=0)
    assert result.detail == "6 down, ± 5"


def test_a_figure_without_interval_drops_in_full(before: None) -> None:
    write("answers@best", empty=3)
    git("add", "--all")
    git("commit", "--quiet", "--message", "answers")
    write("answers@best", empty=2)
    assert check(metric="answers@best:empty", max_drop=0.5)[0].verdict == "failed"
    assert check(metric="answers@best:empty", max_drop=1)[0].verdict == "passed"


def test_a_figure_that_the_other_revision_lacks_is_new_and_does_not_fail(before: None) -> None:
    write("answers@best", empty=2)
    (result,) = check(metric="answers@best:empty", max_drop=0)
    assert (result.verdict, result.fails) == ("new", False)


def test_a_drop_is_measured_from_the_named_revision(before: None) -> None:
    git("branch", "base")
    win_rate(20.0, 16.0, 24.0)
    git("commit", "--quiet", "--all", "--message", "lower")
    assert check(metric=METRIC, max_drop=0)[0].verdict == "passed"
    assert check("base", metric=METRIC, max_drop=0)[0].verdict == "failed"


@pytest.mark.parametrize("revision", ["nowhere", "--output=stolen", "HEAD:data"])
def test_an_unknown_revision_is_an_error(before: None, revision: str) -> None:
    with pytest.raises(BuildError, match="--against"):
        check(revision, metric=METRIC, max_drop=0)
    assert not Path("stolen").exists()


@pytest.mark.parametrize(
    ("gate", "error"),
    [
        ({"metric": "scores:rows"}, "gates.mine: .*give min, max or max_drop"),
        ({"metric": "scores", "min": 1}, "gates.mine.metric"),
        ({"metric": "scores:rows", "least": 1}, "gates.mine.least: is now called gates.mine.min"),
        ({"metric": "scores:rows", "mni": 1}, "did you mean 'min'"),
    ],
    ids=["no limit", "no key", "renamed", "misspelt"],
)
def test_a_gate_without_a_limit_is_an_error_in_params(tmp_path: Path, gate: dict[str, Any], error: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(
        (ROOT / "params.yaml").read_text().replace("gates:\n", f"gates:\n  mine: {orjson.dumps(gate).decode()}\n")
    )
    with pytest.raises(ParamsError, match=error):
        load(path)


def test_the_committed_metrics_pass_the_shipped_gates() -> None:
    done = CliRunner().invoke(cli, ["check"])
    assert done.exit_code == 0, done.output
    assert done.output.count("passed") >= 4


def test_the_command_fails_with_a_gate_and_shows_all_gates(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {"gates": {"few": {"metric": "scores:reject_share", "max": 0.1}}})
    for rejects, code, verdict in ((1, 0, "passed"), (3, 1, "failed")):
        path = project.folder / "data" / "scores" / "metrics.json"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(orjson.dumps({"rows": 10 - rejects, "rejects": rejects}))
        done = project.run("xlforge", "check", check=False)
        assert done.returncode == code
        assert verdict in done.stdout
        shown = orjson.loads(project.run("xlforge", "check", "--json", check=False).stdout)
        assert shown["passed"] is (code == 0)
        assert shown["gates"][0]["value"] == rejects / 10
        assert f"| {verdict} | few |" in project.run("xlforge", "check", "--md", check=False).stdout.replace(
            "✓ ", ""
        ).replace("✗ ", "")

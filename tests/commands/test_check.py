"""Gates: each bar tells apart what passes and what does not, a drop within chance is none, and what is not there fails."""

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
from xlforge.config.params import Gate, ParamsError, load
from xlforge.diff.gates import Told, held

ROOT = Path(__file__).parents[2]


def write(stage: str, **figures: Any) -> None:
    path = Path("data", *stage.split("@"), "metrics.json")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(orjson.dumps(figures))


def git(*words: str) -> None:
    subprocess.run(["git", "-c", "user.name=Test", "-c", "user.email=t@example.org", *words], check=True)


def check(against: str = "HEAD", **gate: Any) -> list[Told]:
    return held({"gate": Gate(**gate)}, against)


def win_rate(value: float, low: float | None = None, high: float | None = None) -> None:
    interval = {} if low is None else {"low": low, "high": high}
    write("evaluation", models={"best": {"mean": {"win_rate": value, **interval}}})


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def before(folder: None) -> None:
    """A commit in which the win rate was 50, give or take 4."""
    git("init", "--quiet")
    win_rate(50.0, 46.0, 54.0)
    git("add", "--all")
    git("commit", "--quiet", "--message", "before")


@pytest.mark.parametrize(
    ("bar", "verdict"),
    [({"least": 4.5}, "passed"), ({"least": 4.6}, "failed"), ({"most": 4.5}, "passed"), ({"most": 4.4}, "failed")],
    ids=str,
)
def test_a_value_is_held_against_its_bar(folder: None, bar: dict[str, float], verdict: str) -> None:
    write("scores", grades={"mean": 4.5})
    (told,) = check(metric="scores:grades.mean", **bar)
    assert (told.value, told.verdict) == (4.5, verdict)


def test_a_star_stands_for_every_item_and_each_has_its_own_verdict(folder: None) -> None:
    write("selection@de", rows=90, rejects=10)
    write("selection@hu", rows=60, rejects=40)
    write("scores", rows=1, rejects=99)
    told = check(metric="selection@*:reject_share", most=0.2)
    assert [(each.metric, each.value, each.verdict) for each in told] == [
        ("selection@de:reject_share", 0.1, "passed"),
        ("selection@hu:reject_share", 0.4, "failed"),
    ]


def test_a_stage_without_rejects_is_no_fault_of_a_gate_on_all_of_them(folder: None) -> None:
    write("scores", rows=9, rejects=1)
    write("evaluation", models={})
    assert [each.metric for each in check(metric="*:reject_share", most=0.5)] == ["scores:reject_share"]


@pytest.mark.parametrize(
    ("metric", "remedy"),
    [
        ("answers@best:cut_off", "data/answers/best/metrics.json is missing: `dvc repro` makes it"),
        ("scores:grades.meen", "data/scores/metrics.json has no number there: mend gates.gate"),
        ("scores:grades", "has no number there"),
        ("scores:done", "has no number there"),
    ],
)
def test_what_is_not_there_fails_and_says_what_to_do(folder: None, metric: str, remedy: str) -> None:
    write("scores", grades={"mean": 4.5}, done=True)
    (told,) = check(metric=metric, least=0)
    assert told.verdict == "missing"
    assert told.fails
    assert remedy in told.detail


METRIC = "evaluation:models.best.mean.win_rate"


@pytest.mark.parametrize(
    ("now", "bar", "verdict"),
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
    before: None, now: tuple[float, float, float], bar: float, verdict: str
) -> None:
    win_rate(*now)
    (told,) = check(metric=METRIC, drop=bar)
    assert (told.before, told.value, told.verdict) == (50.0, now[0], verdict)


def test_a_figure_without_interval_drops_in_full(before: None) -> None:
    write("answers@best", empty=3)
    git("add", "--all")
    git("commit", "--quiet", "--message", "answers")
    write("answers@best", empty=2)
    assert check(metric="answers@best:empty", drop=0.5)[0].verdict == "failed"
    assert check(metric="answers@best:empty", drop=1)[0].verdict == "passed"


def test_a_figure_that_the_other_revision_has_not_is_new_and_fails_nothing(before: None) -> None:
    write("answers@best", empty=2)
    (told,) = check(metric="answers@best:empty", drop=0)
    assert (told.verdict, told.fails) == ("new", False)


def test_a_drop_is_measured_from_the_revision_that_is_named(before: None) -> None:
    git("branch", "base")
    win_rate(20.0, 16.0, 24.0)
    git("commit", "--quiet", "--all", "--message", "lower")
    assert check(metric=METRIC, drop=0)[0].verdict == "passed"
    assert check("base", metric=METRIC, drop=0)[0].verdict == "failed"


@pytest.mark.parametrize("revision", ["nowhere", "--output=stolen", "HEAD:data"])
def test_what_is_no_revision_is_told(before: None, revision: str) -> None:
    with pytest.raises(BuildError, match="--against"):
        check(revision, metric=METRIC, drop=0)
    assert not Path("stolen").exists()


@pytest.mark.parametrize(
    ("gate", "fault"),
    [
        ({"metric": "scores:rows"}, "gates.mine: .*give least, most or drop"),
        ({"metric": "scores", "least": 1}, "gates.mine.metric"),
        ({"metric": "scores:rows", "leest": 1}, "did you mean 'least'"),
    ],
    ids=["no bar", "no key", "misspelt"],
)
def test_a_gate_that_says_nothing_is_a_fault_in_params(tmp_path: Path, gate: dict[str, Any], fault: str) -> None:
    path = tmp_path / "params.yaml"
    path.write_text(
        (ROOT / "params.yaml").read_text().replace("gates:\n", f"gates:\n  mine: {orjson.dumps(gate).decode()}\n")
    )
    with pytest.raises(ParamsError, match=fault):
        load(path)


def test_the_committed_metrics_pass_the_shipped_gates() -> None:
    said = CliRunner().invoke(cli, ["check"])
    assert said.exit_code == 0, said.output
    assert said.output.count("passed") >= 4


def test_the_command_fails_with_a_gate_and_tells_all_of_them(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {"gates": {"few": {"metric": "scores:reject_share", "most": 0.1}}})
    for rejects, code, verdict in ((1, 0, "passed"), (3, 1, "failed")):
        path = project.folder / "data" / "scores" / "metrics.json"
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(orjson.dumps({"rows": 10 - rejects, "rejects": rejects}))
        done = project.run("xlforge", "check", check=False)
        assert done.returncode == code
        assert verdict in done.stdout
        told = orjson.loads(project.run("xlforge", "check", "--json", check=False).stdout)
        assert told["passed"] is (code == 0)
        assert told["gates"][0]["value"] == rejects / 10
        assert f"| {verdict} | few |" in project.run("xlforge", "check", "--md", check=False).stdout.replace(
            "✓ ", ""
        ).replace("✗ ", "")

"""The comment reports what the branch changes and what is not available; and nothing in it is obeyed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner, Result

from commands.main import cli
from tests.project import ROOT, Project
from tests.pull_requests.small import HOSTILE, Repository, folds, obeyed
from xlforge.report.pull_request.comment import Section, cut, markdown

LARGEST = 65_536
"""Characters that GitHub takes."""
TEXT = Path(".xlforge/pr-comment.md")


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """On a branch from main that has no change yet."""
    made = Repository(tmp_path)
    made.build(["Das Haus ist alt.", "Der See ist tief."], {"rows": 2, "rejects": 1, "loss": 0.5})
    made.run("git", "checkout", "--quiet", "-b", "branch")
    monkeypatch.chdir(tmp_path)
    return made


def comment(base: str = "main") -> tuple[Result, str]:
    done = CliRunner().invoke(cli, ["pr-comment", "--base", base])
    return done, TEXT.read_text() if TEXT.exists() else ""


def forget() -> None:
    """As in a new clone: what git does not track is missing."""
    for path in Path("data").rglob("*.parquet"):
        path.unlink()


def part(text: str, title: str) -> str:
    """One section, with its heading."""
    start = max(text.find(f"\n## {title}\n"), text.find(f"<summary>{title}</summary>\n\n`"))
    assert start >= 0, title
    ends = re.compile(r"\n## |\n<details><summary>\w+</summary>\n\n`(?:dvc|git) ")
    found = ends.search(text, start + 1)
    return text[start : found.start() if found else None]


def test_rows_figures_parameters_plots_and_lock_are_reported_with_the_commands_that_show_more(
    repository: Repository,
) -> None:
    repository.build(
        ["Das Haus ist neu.", "Der See ist tief."], {"rows": 2, "rejects": 1, "loss": 0.25}, bar=3, loss=0.25
    )
    _, text = comment()
    assert "1 changed" in part(text, "Rows")
    assert "ist [-alt-]{+neu+}" in text
    assert "| data/dataset/metrics.json | loss | 0.5 | 0.25 | -0.25 |" in part(text, "Metrics")
    assert "| params.yaml | bar | 4 | 3 |" in part(text, "Parameters")
    assert "`dataset`: `outs data/dataset/loss.csv`" in part(text, "Lock")
    assert "pr-plots/dataset-loss.png`" in part(text, "Plots")
    assert Path(".xlforge/pr-plots/dataset-loss.png").read_bytes().startswith(b"\x89PNG")
    assert "`xlforge diff " in text


def test_a_branch_is_compared_with_where_it_left_the_other(repository: Repository) -> None:
    repository.run("git", "checkout", "--quiet", "main")
    repository.build(["Etwas ganz anderes.", "Der See ist tief."], {"rows": 2, "rejects": 1, "loss": 9.0}, bar=9)
    repository.run("git", "checkout", "--quiet", "branch")
    forget()
    _, text = comment()
    assert "nothing changed" in part(text, "Rows")
    for title in ("Metrics", "Parameters"):
        assert "None changed." in part(text, title)
    assert "`dvc.lock` is the same." in text
    assert "1 plots did not change." in text


def test_a_section_that_fails_gives_the_error_and_the_others_stay(repository: Repository) -> None:
    repository.build(["Das Haus ist neu.", "Der See ist tief."], {"rows": 2, "rejects": 1, "loss": 0.25})
    done, text = comment()
    assert "could not be made: params" in part(text, "Cost")  # the repository has no params of ours
    assert "could not be made: params" in part(text, "Gates")
    assert "1 changed" in part(text, "Rows")
    assert done.exit_code == 1


def test_the_message_of_an_unexpected_error_is_not_posted(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fault(*_: object, **__: object) -> None:
        raise OSError("no route to postgresql://me:hunter2@db")

    monkeypatch.setattr("xlforge.plan.plan.plan", fault)
    _, text = comment()
    assert "hunter2" not in text
    assert "could not be made: OSError; the command shows more" in part(text, "Cost")


def test_rows_that_are_not_available_are_listed_as_not_compared(repository: Repository) -> None:
    repository.build(["Das Haus ist neu.", "Der See ist tief."], {"rows": 2, "rejects": 1, "loss": 0.25})
    shutil.rmtree(".dvc/cache")
    forget()
    _, text = comment()
    missing = part(text, "Rows").partition("Not compared: these files are not available")[2]
    assert re.findall(r"data/dataset/(\w+)\.parquet", missing) == ["rejects", "rows"]
    assert "| dataset | loss | 0.5 | 0.25 |" in part(text, "Rows")
    assert "| data/dataset/metrics.json | loss | 0.5 | 0.25 |" in part(text, "Metrics")


def test_hostile_words_in_rows_figures_and_parameters_are_only_read(repository: Repository) -> None:
    figures = {"rows": 8, "rejects": 1, "loss": 0.25, **{words: words for words in HOSTILE}}
    repository.build([*HOSTILE], figures, bar={words: words for words in HOSTILE[:7]})
    _, text = comment()
    assert obeyed(text) == []
    assert "torvalds" in part(text, "Rows")
    assert not any(char in text for char in "\x1b\u202e\u2066")
    # No word closes, opens or swallows a section: samples, metrics, parameters and lock follow one another.
    assert folds(text) == ["<details>", "</details>"] * 4


def test_a_base_that_does_not_exist_is_an_error_with_the_remedy(repository: Repository) -> None:
    for base in ("nowhere", "--output=stolen"):
        done, _ = comment(base)
        assert done.exit_code == 1
        assert "fetch" in str(done.exception)
    assert not TEXT.exists()


def test_a_long_text_is_cut_by_lines_and_closed_and_counts_what_is_missing() -> None:
    rows = "\n".join(
        [
            "<details><summary>Samples</summary>",
            "",
            "````text",
            *(f"@line {i} <b>" for i in range(9000)),
            "````",
            "</details>",
        ]
    )
    long = [Section("Cost", "xlforge plan", "| a |\n" * 9000), Section("Rows", "xlforge diff", rows)]
    text = markdown([*long, Section("Lock", "git diff", "`the end`", folded=True)], "main", "abc")
    assert 55_000 < len(text) < LARGEST - 4_000
    assert "more lines are in `xlforge plan`" in text
    assert "more lines are in `xlforge diff`" in text
    assert folds(text) == ["<details>", "</details>"] * 2
    assert obeyed(text) == []
    assert "`the end`" in text
    assert cut("short\n", 100, "x") == "short\n"


@pytest.mark.slow
def test_a_clone_without_data_reports_gates_and_cost_from_what_is_committed(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {})
    for name in project.run("git", "-C", str(ROOT), "ls-files", "dvc.lock", "data").stdout.split():
        if not (project.folder / name).exists():
            (project.folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, project.folder / name)
    project.commit("as main is")
    project.git("checkout", "--quiet", "-b", "branch")
    project.set({"languages": ["de", "hu", "ga", "fr"], "gates.pass_rate.min": 1.0})
    project.commit("a language, and a gate that fails")
    done = project.run("xlforge", "pr-comment", check=False)
    text = (project.folder / TEXT).read_text()
    assert done.returncode == 1
    assert "✗ failed | pass_rate |" in part(text, "Gates")
    cost = part(text, "Cost")
    assert "| translations@fr |" in cost
    assert "- translations@fr: was never built" in cost
    assert "deleted" not in cost
    assert "Not known before the build" in cost  # there is no run log
    assert "| params.yaml | gates.pass_rate.min | 0.9 | 1.0 |" in part(text, "Parameters")
    assert obeyed(text) == []
    assert orjson.loads((project.folder / "data/evaluation/metrics.json").read_bytes())  # nothing was built over it

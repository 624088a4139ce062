"""The shell of comment.yml, run with a stand-in for `gh`: what a stranger's run left becomes a harmless text after ours."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.pull_requests.small import HOSTILE, obeyed

ROOT = Path(__file__).parents[2]
RUN = "https://github.example/me/forge/actions/runs/7"
SHA = "a" * 40


class Runner:
    """GitHub's runner, in the parts that the steps need: a checkout, the downloaded artifact, and `gh`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.text = folder / "temp" / "pr-comment" / "pr-comment.md"
        self.text.parent.mkdir(parents=True)
        (folder / "checkout").mkdir()
        (folder / "checkout" / "xlforge").symlink_to(ROOT / "xlforge")
        (folder / "bin").mkdir()
        # No package is installed there: -S hides those of this environment.
        self.program("python3", f'exec {sys.executable} -S "$@"')
        self.answers(pulls="12", artifacts="9")

    def program(self, name: str, line: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{line}\n")
        path.chmod(0o755)

    def answers(self, pulls: str, artifacts: str) -> None:
        """What GitHub answers, after the filter."""
        self.program("gh", f"case \"$*\" in *artifacts*) printf '{artifacts}';; *) printf '{pulls}';; esac")

    def outputs(self) -> dict[str, str]:
        """Runs the step that looks things up, and gives its outputs."""
        found = self.folder / "outputs"
        self.step(
            "gh api", GITHUB_OUTPUT=str(found), GITHUB_REPOSITORY="me/forge", RUN_ID="7", PULL="", PLOTS="", HEAD=""
        )
        return dict(line.split("=", 1) for line in found.read_text().splitlines())

    def comment(self) -> str:
        """Runs the step that writes the comment, and gives it."""
        self.step("xlforge.base.markdown", RUN=RUN, SHA=SHA, PLOTS=self.outputs()["plots"])
        return (self.folder / "checkout" / "comment.md").read_text()

    def step(self, part: str, **env: str) -> None:
        """The step whose shell has this part, as GitHub runs it."""
        steps = yaml.safe_load((ROOT / ".github/workflows/comment.yml").read_text())["jobs"]["post"]["steps"]
        (script,) = [step["run"] for step in steps if part in step.get("run", "")]
        env |= {"PATH": f"{self.folder / 'bin'}:{os.environ['PATH']}", "RUNNER_TEMP": str(self.folder / "temp")}
        subprocess.run(
            ["bash", "-e", "-c", script], cwd=self.folder / "checkout", env=env, check=True, capture_output=True
        )


@pytest.fixture
def runner(tmp_path: Path) -> Runner:
    return Runner(tmp_path)


def test_hostile_text_is_posted_as_text_after_ours(runner: Runner) -> None:
    runner.text.write_text("## Gates\n\nall passed\n\n" + "\n\n".join(HOSTILE))
    ours, _, theirs = runner.comment().partition("wrote the text below.\n\n")
    assert f"[This run]({RUN}) at `{SHA}`" in ours
    assert theirs.startswith("## Gates\n\nall passed\n")
    assert obeyed(theirs) == []
    assert "torvalds" in theirs
    assert not any(char in theirs for char in "\x1b\u202e\u2066")


def test_the_plots_are_linked_where_the_run_left_some(runner: Runner) -> None:
    runner.text.write_text("x")
    assert f"[Its plots]({RUN}/artifacts/9)" in runner.comment()
    runner.answers(pulls="12", artifacts="")
    assert "plots" not in runner.comment()


def test_bytes_that_are_not_text_are_replaced(runner: Runner) -> None:
    runner.text.write_bytes(b"good\xff\xfe\x00")
    assert runner.comment().endswith("good��\\x00")


def test_a_link_to_a_file_of_the_runner_is_refused(runner: Runner, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hunter2")
    runner.text.symlink_to(tmp_path / "secret")
    with pytest.raises(subprocess.CalledProcessError):
        runner.comment()
    assert "hunter2" not in (tmp_path / "checkout" / "comment.md").read_text()


@pytest.mark.parametrize(
    ("pulls", "number"), [("12\\n", "12"), ("12\\n13\\n", "12"), ("", "")], ids=["one", "two", "none"]
)
def test_one_pull_request_gets_the_comment_and_a_closed_one_none(runner: Runner, pulls: str, number: str) -> None:
    runner.answers(pulls=pulls, artifacts="9")
    assert runner.outputs()["pull"] == number

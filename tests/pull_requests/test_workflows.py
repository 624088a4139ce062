"""The workflows parse, call what exists, and keep code of strangers apart from tokens that write."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
WORKFLOWS = ROOT / ".github" / "workflows"
FILES = sorted(WORKFLOWS.glob("*.yml"))
SHELL = {"echo", "gh", "test"}


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    found["on"] = found.pop(True)  # YAML 1.1 reads the key `on` as true
    return found


def steps(name: str) -> list[dict[str, Any]]:
    return [step for job in read(WORKFLOWS / name)["jobs"].values() for step in job["steps"]]


def uses(name: str, action: str) -> list[dict[str, Any]]:
    """The steps of a workflow that use an action."""
    return [step for step in steps(name) if step.get("uses", "").startswith(f"{action}@")]


def commands(name: str) -> list[str]:
    return [line.strip() for step in steps(name) for line in step.get("run", "").split("\n") if line.strip()]


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def workflow(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_there_are_the_tests_the_text_and_its_posting() -> None:
    assert [path.stem for path in FILES] == ["comment", "pull-request", "tests"]


def test_a_workflow_runs_what_exists(workflow: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for command in commands(workflow.name):
        head, *rest = command.split()
        if head == "make":
            assert rest[0] in targets
        elif rest[:1] == ["-m"]:
            assert (ROOT / Path(*rest[1].split("."))).with_suffix(".py").is_file() or rest[1] == "pip"
        elif head.startswith("."):
            assert head.startswith(".venv/") or (ROOT / head).is_file()
        else:
            assert head in SHELL


def test_the_tests_are_those_that_run_locally() -> None:
    assert {"make test", ".ci/run"} <= set(commands("tests.yml"))
    assert "make pr-comment" in commands("pull-request.yml")


def test_code_of_a_pull_request_never_runs_with_a_token_that_writes(workflow: Path) -> None:
    found = read(workflow)
    assert "pull_request_target" not in found["on"]
    assert all("permissions" not in job for job in found["jobs"].values())
    writes = [scope for scope, access in found["permissions"].items() if access != "read"]
    if "workflow_run" in found["on"]:
        assert writes == ["pull-requests"]
        assert "secrets." not in workflow.read_text()
    else:
        assert writes == []
        assert "github.token" not in workflow.read_text()
        assert "GITHUB_TOKEN" not in workflow.read_text()


def test_posting_runs_code_of_the_default_branch_alone_and_installs_nothing() -> None:
    found = read(WORKFLOWS / "comment.yml")
    assert found["on"]["workflow_run"]["workflows"] == [read(WORKFLOWS / "pull-request.yml")["name"]]
    (checkout,) = uses("comment.yml", "actions/checkout")
    assert checkout["with"]["ref"] == "${{ github.event.repository.default_branch }}"
    assert {command.split()[0] for command in commands("comment.yml")} == {"echo", "gh", "python3", "test"}
    assert [command.split()[:3] for command in commands("comment.yml") if command.startswith("python3")] == [
        ["python3", "-m", "xlforge.base.markdown"]
    ]


def test_github_and_not_the_artifact_determines_the_pull_request() -> None:
    (found,) = [step for step in steps("comment.yml") if step.get("id") == "found"]
    assert "select(.head.sha == env.SHA and .head.label == env.HEAD)" in found["env"]["PULL"]
    assert set(re.findall(r"github\.event\.[a-z_.]+", str(found["env"]))) == {
        "github.event.workflow_run.id",
        "github.event.workflow_run.head_repository.owner.login",
        "github.event.workflow_run.head_branch",
    }
    (post,) = uses("comment.yml", "marocchino/sticky-pull-request-comment")
    assert post["with"]["number"] == "${{ steps.found.outputs.pull }}"
    assert post["if"] == "steps.found.outputs.pull != ''"


def test_no_shell_line_holds_an_expression(workflow: Path) -> None:
    assert not any("${{" in command for command in commands(workflow.name))


def test_no_checkout_leaves_its_token(workflow: Path) -> None:
    for checkout in uses(workflow.name, "actions/checkout"):
        assert checkout["with"]["persist-credentials"] is False


def test_every_action_is_pinned_by_one_full_commit_hash_and_names_its_version() -> None:
    lines = [line for path in FILES for line in path.read_text().splitlines() if "uses:" in line]
    pinned = [re.fullmatch(r" +(?:- )?uses: ([\w-]+/[\w-]+)@([0-9a-f]{40}) # (v\d+\.\d+\.\d+)", line) for line in lines]
    assert lines
    assert all(pinned), lines
    hashes = {(match[1], match[2], match[3]) for match in pinned if match}
    assert len(hashes) == len({action for action, _, _ in hashes})


def test_the_artifact_that_is_posted_is_the_one_that_was_written() -> None:
    text, plots = (step["with"] for step in uses("pull-request.yml", "actions/upload-artifact"))
    assert text["include-hidden-files"] is plots["include-hidden-files"] is True  # .xlforge is hidden
    (download,) = (step["with"] for step in uses("comment.yml", "actions/download-artifact"))
    assert download["name"] == text["name"]
    assert f'/{download["path"].rsplit("/", 1)[1]}/{Path(text["path"]).name}"' in commands("comment.yml")[-1]
    assert f'"{plots["name"]}"' in str([step.get("env") for step in steps("comment.yml")])

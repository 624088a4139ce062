"""The workflows parse, call what there is, and keep code of strangers apart from tokens that write."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
FILES = sorted((ROOT / ".github" / "workflows").glob("*.yml"))


def read(path: Path) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(path.read_text())
    found["on"] = found.pop(True)  # what YAML 1.1 makes of the key `on`
    return found


def steps(path: Path) -> list[dict[str, Any]]:
    return [step for job in read(path)["jobs"].values() for step in job["steps"]]


def commands(path: Path) -> list[str]:
    return [line.strip() for step in steps(path) for line in step.get("run", "").split("\n") if line.strip()]


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def workflow(request: pytest.FixtureRequest) -> Path:
    path: Path = request.param
    return path


def test_there_are_the_tests_the_text_and_its_posting() -> None:
    assert [path.stem for path in FILES] == ["comment", "pull-request", "tests"]


def test_what_a_workflow_runs_is_there(workflow: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for command in commands(workflow):
        head, *rest = command.split()
        if head == "make":
            assert rest[0] in targets
        elif rest[:1] == ["-m"] and rest[1].startswith("commands."):
            assert (ROOT / Path(*rest[1].split("."))).with_suffix(".py").is_file()
        elif head.startswith("."):
            assert head.startswith(".venv/") or (ROOT / head).is_file()
        else:
            assert head == "mkdir"


def test_the_tests_are_those_that_run_locally() -> None:
    assert {"make test", ".ci/run"} <= set(commands(ROOT / ".github/workflows/tests.yml"))
    assert "make pr-comment" in commands(ROOT / ".github/workflows/pull-request.yml")


def test_code_of_a_pull_request_never_runs_with_a_token_that_writes(workflow: Path) -> None:
    found = read(workflow)
    assert "pull_request_target" not in found["on"]
    assert all("permissions" not in job for job in found["jobs"].values())
    writes = [scope for scope, access in found["permissions"].items() if access != "read"]
    if "pull_request" in found["on"]:
        assert writes == []
        assert "github.token" not in workflow.read_text()
        assert "GITHUB_TOKEN" not in workflow.read_text()
    if "workflow_run" in found["on"]:
        assert writes == ["contents", "pull-requests"]
        assert "secrets." not in workflow.read_text()


def test_what_posts_is_the_default_branch_s_code_and_downloads_nothing_by_itself() -> None:
    path = ROOT / ".github/workflows/comment.yml"
    found = read(path)
    assert found["on"]["workflow_run"]["workflows"] == [read(ROOT / ".github/workflows/pull-request.yml")["name"]]
    (checkout,) = [step for step in steps(path) if "uses" in step]
    assert checkout["uses"].startswith("actions/checkout@")
    assert checkout["with"]["ref"] == "${{ github.event.repository.default_branch }}"
    assert commands(path) == ["python3 -m xlforge.report.pull_request.post"]


def test_no_shell_line_holds_an_expression(workflow: Path) -> None:
    assert not any("${{" in command for command in commands(workflow))


def test_no_checkout_leaves_its_token_and_every_action_has_a_version(workflow: Path) -> None:
    for step in steps(workflow):
        if "uses" in step:
            assert re.fullmatch(r"actions/[a-z-]+@(v\d+|[0-9a-f]{40})", step["uses"])
            if "checkout" in step["uses"]:
                assert step["with"]["persist-credentials"] is False


def test_the_artifact_s_names_are_those_that_are_posted() -> None:
    from xlforge.report.pull_request import post

    uploads = [
        step["with"]
        for step in steps(ROOT / ".github/workflows/pull-request.yml")
        if "upload-artifact" in step.get("uses", "")
    ]
    assert [upload["name"] for upload in uploads] == [post.ARTIFACT, post.PLOTS]
    assert [Path(name).name for name in uploads[0]["path"].split()] == [post.TEXT, post.NUMBER]
    assert all(upload["include-hidden-files"] is True for upload in uploads)  # .xlforge is one

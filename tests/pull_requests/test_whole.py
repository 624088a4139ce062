"""A branch with another threshold and one more language, on a real build: plan, build, diff, run log and comment agree."""

from __future__ import annotations

import re
import sys
from typing import Any

import orjson
import pytest

from tests.project import Project, names
from tests.pull_requests.small import obeyed


def xlforge(project: Project, *words: str) -> str:
    """A command by the project's own code."""
    return project.run(sys.executable, "-c", "from commands.main import run; run()", *words, check=False).stdout


def as_json(project: Project, *words: str) -> dict[str, Any]:
    found: dict[str, Any] = orjson.loads(xlforge(project, *words, "--json"))
    return found


def comment(project: Project) -> str:
    xlforge(project, "pr-comment", "--base", "main")
    return (project.folder / ".xlforge" / "pr-comment.md").read_text()


def part(text: str, title: str) -> str:
    start = text.index(f"\n## {title}\n")
    end = text.find("\n## ", start + 1)
    return text[start : end if end > 0 else None]


@pytest.mark.slow
def test_plan_build_diff_run_log_and_comment_agree(project: Project) -> None:
    kept = project.read("scores").height
    project.run("dvc", "remote", "add", "--default", "team", str(project.folder.parent / "remote"))
    project.commit("an empty remote")
    project.git("checkout", "--quiet", "-b", "branch")
    project.set({"languages": ["de", "hu"], "scores.threshold": {"min_grade": 1, "min_mean": 1.0}})
    project.commit("another threshold, and Hungarian")

    # Before it is built, the comment has the cost: the lines of the plan.
    plan = {stage["stage"]: stage for stage in as_json(project, "plan")["stages"]}
    before = comment(project)
    for line in xlforge(project, "plan", "--md").splitlines():
        assert line in part(before, "Cost").splitlines() or not line.startswith("| ")
    assert "| params.yaml | scores.threshold.min_grade | 4 | 1 |" in before
    assert "| params.yaml | languages | \\['de'\\] | \\['de', 'hu'\\] |" in before
    assert "nothing changed" in part(before, "Rows")
    assert obeyed(before) == []

    # What then ran and was generated is what the plan gave.
    ran = project.repro()
    project.commit("built")
    of_the_dataset = {"scores", "translations", "selection", "dataset"}
    assert set(names(ran)) == {
        name for name, stage in plan.items() if stage["runs"] == "yes" and name.partition("@")[0] in of_the_dataset
    }
    for record, name in zip(ran, names(ran), strict=True):
        calls = plan[name]["calls"]
        assert not calls["exact"] or record["calls"] == calls["value"]
    spent = sum(record["tokens_in"] + record["tokens_out"] for record in ran)
    likely = sum(plan[name][which]["value"] for name in names(ran) for which in ("tokens_in", "tokens_out"))
    assert likely == pytest.approx(spent, rel=0.15)

    # The diff and the comment count the rows that the run log counts.
    log = {name: record["rows_out"] for record, name in zip(ran, names(ran), strict=True)}
    diff = {
        (table["stage"], table["table"]): table["languages"] for table in as_json(project, "diff", "main")["tables"]
    }
    after = comment(project)
    assert diff["selection@hu", "rows"]["hu"]["added"] == log["selection@hu"]
    assert diff["scores", "rows"]["en"]["added"] == log["scores"] - kept > 0
    for (stage, table), languages in diff.items():
        for language, count in languages.items():
            figures = [count[key] for key in ("before", "after", "added", "removed", "changed")]
            if any(figures[2:]):
                assert f"| {stage} | {table} | {language} | {' | '.join(map(str, figures))} |" in part(after, "Rows")
    assert f"| data/scores/metrics.json | rows | {kept} | {log['scores']} | {log['scores'] - kept} |" in after
    assert "`translations@hu`: was not built before" in after
    assert not re.search(r"^\| (scores|translations|selection|dataset)\b", part(after, "Cost"), re.MULTILINE)
    assert "Not compared" not in after
    assert obeyed(after) == []

    # In a clone without the rows, which nobody pushed, the comment lists them; figures, lock and cost are the same.
    clone = Project(project.folder.parent / "clone")
    project.git("clone", "--quiet", "--branch", "branch", ".", str(clone.folder))
    clone.git("branch", "main", "origin/main")
    bare = comment(clone)
    assert "Not compared: these files are not available" in part(bare, "Rows")
    assert f"| data/scores/metrics.json | rows | {kept} | {log['scores']} | {log['scores'] - kept} |" in bare
    assert "`translations@hu`: was not built before" in bare
    assert not re.search(r"^\| (scores|translations|selection|dataset)\b", part(bare, "Cost"), re.MULTILINE)

    # With a remote that it can read, the rows are those of the build.
    project.run("dvc", "push", "--all-branches")
    fetched = comment(clone)
    assert "Not compared" not in fetched
    assert part(fetched, "Rows") == part(after, "Rows")

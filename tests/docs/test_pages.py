"""What README.md and docs/ tell works as it stands there: each page is typed into one shell, block by block, in a small built project."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from subprocess import CompletedProcess

import orjson
import pytest
import yaml

from tests.docs.reading import Block, read
from tests.project import ROOT, Project
from tests.publish.conftest import environment
from tests.publish.hub_server import Hub

Typed = dict[str, Future[CompletedProcess[str]]]
"""What came of each page, once it is done."""

pytestmark = pytest.mark.slow

RUN: dict[str, list[Block]] = {}
for each in read():
    RUN.setdefault(each.page, []).append(each)
RUN = {page: told for page, told in RUN.items() if any(not b.reason and b.language != "yaml" for b in told)}
MODELS = yaml.safe_load((ROOT / "params.yaml").read_text())["models"]
SMALLER = {
    "students": {"bestof3": {"base": "pocket", "config": "bestof3", "languages": None, "rows": None}},
    "student.learning_rate": 0.005,  # so that four dozen rows pass the gates
    "student.num_train_epochs": 24,
    "benchmark.sample": 4,
    "benchmark.languages": ["de", "fr"],
    "models": {name: MODELS[name] for name in ("reference", "base", "bestof3")},
    "evaluation.compare": [],
}
JUDGED = {"reference_output": "Because.", "model_output": "Because it is so."}
JUDGEMENTS = [{**JUDGED, "instruction": f"Why {number}?", "preference": 1 + number % 2} for number in range(20)]
FILES = {
    "judgements.json": JUDGEMENTS,
    "human.json": JUDGEMENTS,
    "judge.json": [{**row, "preference": 1.5} for row in JUDGEMENTS],
    "answers.jsonl": {
        "source": "ours",
        "language": "de",
        "completion": "Das ist ein ganz gewöhnlicher deutscher Satz.",
    },
}
"""Files that the README's reader has."""


@pytest.fixture(scope="module")
def made(built: Project, tmp_path_factory: pytest.TempPathFactory) -> Project:
    """The built project, evaluated and committed."""
    project = built.copy(tmp_path_factory.mktemp("docs") / "project")
    project.set(SMALLER)
    project.run("dvc", "repro")
    project.commit("evaluated")
    return project


@pytest.fixture(scope="module")
def typed(made: Project, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[Typed]:
    """The pages that are tested, each in a copy of its own, as many at a time as there are processors."""
    asked = {item.callspec.params.get("page") for item in request.session.items if hasattr(item, "callspec")}
    with Hub() as hub, ThreadPoolExecutor(os.cpu_count()) as threads:
        yield {
            page: threads.submit(type_out, page, made.copy(tmp_path_factory.mktemp("page") / "project"), hub)
            for page in RUN
            if page in asked
        }


def stand_ins(project: Project) -> dict[str, str]:
    """What pages name that is another here: ids and words of the whole build, places, repositories."""
    row = project.read("selection", item="de").row(0, named=True)
    seed, prompt = row["answer_id"], project.read("benchmark")["prompt_id"][0]
    words = " ".join(row["translation"].split()[:5])
    return {
        "pocket-0054-3b54c420/hu": f"{seed}/de",
        "pocket-0001-2352fa4d": seed,
        "pocket-prompt-001-90b283af": prompt,
        '"Sedidel"': shlex.quote(words),
        '"market hall in the centre"': shlex.quote(words),
        "[de, hu, ga, fr]": "[de, fr]",
        "/srv/xlforge": str(project.folder.parent / "srv"),
        "git clone …": "git clone --quiet origin.git xlforge",
        "build-…": "main",
        '"BASE"': '"models/pocket/student"',
    }


def script(told: list[Block]) -> str:
    """One shell for the whole page; every block starts at the project's root."""
    lines = ["set -euo pipefail"]
    for block in told:
        if block.reason:
            continue
        lines += [f"echo {shlex.quote(f'== {block.place}')} >&2", 'cd "$PROJECT"', block.first]
        program = {"sh": "", "python": "python - <<'END'\n", "yaml": "python -m tests.docs.editing <<'END'\n"}[
            block.language
        ]
        lines.append(f"{program}{block.text}END" if program else block.text)
    return "\n".join(lines)


def type_out(page: str, project: Project, hub: Hub) -> CompletedProcess[str]:
    """What came of a page."""
    if page == "README.md":
        for name, rows in FILES.items():
            (project.folder / name).write_bytes(orjson.dumps(rows))
    text = script(RUN[page])
    for theirs, ours in stand_ins(project).items():
        text = text.replace(theirs, ours)
    env = environment(hub, project.folder.parent / "hf") | {
        "PROJECT": str(project.folder),
        "PYTHONPATH": str(project.folder),
    }
    env |= {f"GIT_{who}_{what}": "reader@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    return project.run("bash", "-c", text, check=False, env=env)


@pytest.mark.parametrize("page", RUN)
def test_a_page_works_as_it_stands(page: str, typed: Typed) -> None:
    done = typed[page].result()
    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"


@pytest.mark.parametrize("wrong", ["xlforge summry", "false | cat", "xlforge trace no-such-row"])
def test_a_command_that_fails_fails_the_page(wrong: str, made: Project) -> None:
    told = [Block("page.md", 1, "sh", f"{wrong}\necho went on\n")]
    done = made.run("bash", "-c", script(told), check=False, env={"PROJECT": str(made.folder)})
    assert done.returncode != 0
    assert "went on" not in done.stdout
    assert "== page.md:1" in done.stderr

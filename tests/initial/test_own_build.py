"""From a checkout with the shipped build to a dataset of one's own, by the commands that `xlforge init` ends with."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.project import Project
from tests.server import Server

PASSAGES = [
    "A tide mill stores the high tide behind a gate, and lets it out through a wheel when the sea has gone. One near Bristol ground "
    "corn in this way for 800 years.",
    "Bees find flowers by colour, scent and a pattern in ultraviolet light that people cannot see. A bee visits about 2,000 flowers a day.",
    "A violin has four strings, tuned in fifths. Its bow is strung with the hair of a horse, and rosin makes the hair grip the string.",
    "Basalt forms when lava cools fast. Where it cools slowly and evenly, it may split into columns with six sides.",
]


def xlforge(project: Project, *words: str) -> CompletedProcess[str]:
    return project.run(sys.executable, "-c", "from commands.main import run; run()", *words, check=False)


@pytest.mark.slow
def test_own_seeds_and_an_endpoint_become_a_dataset_that_can_be_published(tmp_path: Path) -> None:
    project = Project.make(tmp_path / "project", {})
    (project.folder / "data" / "mine.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in PASSAGES))
    with Server() as server:
        flags = ("--seeds", "data/mine.jsonl", "--languages", "de", "--model", "any", "--endpoint", server.url)
        done = xlforge(project, "init", *flags)
        assert done.returncode == 0, done.stderr
        project.commit("a build of my own")
        *_, plan, build, show = (line.split("#")[0].split() for line in done.stdout.splitlines())
        assert xlforge(project, *plan[1:]).returncode == 0
        project.run(*build)
        shown = xlforge(project, *show[1:])
        assert "bestof3     english 4, german 4" in shown.stdout, shown.stderr
        project.run("dvc", "repro")  # without a student and a benchmark
    assert "Evaluated" not in xlforge(project, "summary").stdout
    assert not project.git("diff", "--name-only")
    project.commit("built")
    refused = xlforge(project, "publish", "dataset", "--repo", "me/mine", "--dry-run")
    assert "no licence of the source of seeds 'data/mine.jsonl'" in refused.stderr
    table = project.folder / "conf" / "licences.yaml"
    entry = "\n  - {name: %s, licence: cc0-1.0, rows: any%s, reason: my own, terms: README.md}"
    text = table.read_text().replace("\nmodels:", "\nmodels:" + entry % ("any", ", adapters: [cc0-1.0]"))
    table.write_text(text.replace("\nsources:", "\nsources:" + entry % ("data/mine.jsonl", "")))
    project.commit("licences")
    published = xlforge(project, "publish", "dataset", "--repo", "me/mine", "--dry-run")
    assert published.returncode == 0, published.stderr
    assert "nothing was published" in published.stdout

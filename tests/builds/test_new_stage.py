"""A new LLM stage is one folder, one file, one entry of dvc.yaml and one block of params.yaml: every command then knows it."""

from __future__ import annotations

import json
import sys
from subprocess import CompletedProcess

import pytest

from tests.project import Project, names

SCHEMA = '''"""titles v1: its Params, and one row."""

from __future__ import annotations

from typing import Annotated

import pandera.polars as pa
import polars as pl

from xlforge.base.provenance import PROVENANCE
from xlforge.config.models import Sampling
from xlforge.config.params import Block


class Params(Block):
    """sampling: of the title."""

    version: str
    sampling: Sampling
    max_reject_rate: float = 0.5


class Rows(pa.DataFrameModel):
    """A translation's title."""

    id: str = pa.Field(unique=True)
    language: str
    title: str
    provenance: Annotated[pl.List, PROVENANCE.inner]

    class Config:
        strict = True
        ordered = True
'''
PIPELINE = '''"""titles v1: a title for each chosen translation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from distilabel.pipeline import Pipeline
from distilabel.steps import LoadDataFromDicts

from pipelines.titles.v1.schema import Params
from xlforge.base.rows import Row
from xlforge.steps.context import Context
from xlforge.steps.llm_step import WHOLE_STAGE, LLMStep
from xlforge.steps.parsing import plain_text


class WriteTitle(LLMStep):
    """translation → title."""

    def format_output(self, output: str | None, input: Row | None = None) -> dict[str, Any]:
        return {"title": plain_text(output or "")}


def pipeline(context: Context[Params], rows: list[Row]) -> Pipeline:
    """id, translation → title."""
    with Pipeline("titles") as made:
        LoadDataFromDicts(data=rows, batch_size=WHOLE_STAGE) >> WriteTitle(
            prompt=Path(__file__).parent / "title.jinja2",
            adds=["title"],
            llm=context.llm("teacher", context.params.sampling),
        )
    return made
'''
STAGE = '''"""titles@LANG: a title for each chosen translation."""

from __future__ import annotations

from xlforge.stage.stage import Stage, main


def work(stage: Stage) -> None:
    """Writes a title for each chosen translation."""
    chosen = stage.rows("selection", stage.item)
    made = stage.run(chosen.select("id", "language", "translation", "provenance").to_dicts())
    stage.deliver(made, expected=chosen["id"].to_list())


if __name__ == "__main__":
    main("titles", work)
'''
ENTRY = """
  titles:
    matrix:
      lang: ${languages}
    desc: a title for each chosen translation
    cmd: python -m stages.titles
    deps:
      - stages/titles.py
      - pipelines/titles/${titles.version}
      - xlforge/base
      - xlforge/config
      - xlforge/models
      - xlforge/requests
      - xlforge/stage
      - xlforge/steps
      - "data/selection/${item.lang}/rows.parquet"
    params:
      - titles
      - teacher
    outs:
      - "data/titles/${item.lang}/rows.parquet"
      - "data/titles/${item.lang}/rejects.parquet"
    metrics:
      - "data/titles/${item.lang}/metrics.json":
          cache: false
"""


def add_titles(project: Project) -> None:
    """The throw-away stage, in a copy of the project."""
    folder = project.folder / "pipelines" / "titles" / "v1"
    folder.mkdir(parents=True)
    for path in (folder, folder.parent):
        (path / "__init__.py").touch()
    (folder / "schema.py").write_text(SCHEMA)
    (folder / "pipeline.py").write_text(PIPELINE)
    brief = project.folder / "pipelines" / "selection" / "v1" / "prompts" / "brief.jinja2"
    (folder / "title.jinja2").write_text(brief.read_text())
    (project.folder / "stages" / "titles.py").write_text(STAGE)
    dvc = project.folder / "dvc.yaml"
    dvc.write_text(dvc.read_text().rstrip("\n") + "\n" + ENTRY)
    sampling = {"temperature": 0.0, "max_tokens": 120}
    project.set({"titles": {"version": "v1", "sampling": sampling, "max_reject_rate": 1.0}})


def own(project: Project, *words: str) -> CompletedProcess[str]:
    """A command of xlforge, by the project's own code: the installed script would import the working tree's pipelines."""
    return project.run(sys.executable, "-c", "from commands.main import run; run()", *words)


@pytest.mark.slow
def test_a_new_stage_is_planned_built_traced_compared_and_reported(project: Project) -> None:
    add_titles(project)
    chosen = len(project.read("selection", item="de"))
    plan = json.loads(own(project, "plan", "titles@de", "--json").stdout)
    (planned,) = [stage for stage in plan["stages"] if stage["stage"] == "titles@de"]
    assert planned["calls"]["value"] == chosen
    assert planned["calls"]["exact"]

    (record,) = project.repro(upto="titles@de")
    assert names([record]) == ["titles@de"]
    assert record["calls"] == chosen
    rows = project.read("titles", item="de")
    project.commit("titles")

    row = rows.row(0, named=True) if len(rows) else project.read("titles", "rejects", "de").row(0, named=True)
    traced = json.loads(own(project, "trace", row["id"], "--json").stdout)
    assert "titles@de" in json.dumps(traced)
    assert row["provenance"][-1]["key"] in json.dumps(traced)

    project.set({"titles.sampling": {"temperature": 0.9, "max_tokens": 120}})
    project.repro(upto="titles@de")
    changed = own(project, "diff", "HEAD").stdout
    assert "titles@de" in changed

"""What the card says about a build: stages, models, prompts, parameters and counts, read from the build's own files.

Models and prompts come from the rows' provenance, so the card names what made the rows, not what params.yaml names today.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import yaml

from xlforge.base.errors import BuildError
from xlforge.config import params
from xlforge.config.dag import Declared, items, position
from xlforge.config.dag import stages as declared
from xlforge.config.params import Config
from xlforge.stage.versions import released
from xlforge.steps.prompts import fingerprint

DATA = Path("data")


@dataclass(frozen=True)
class Stage:
    """One stage of the DAG.

    Args:
        name: without its item.
        description: one line.
        reads: the stages above it.
        version: of its pipeline.
        fingerprint: of the version's folder, as pipelines/versions.lock has it.
        code: the fingerprints of the shared code that decided its data, one for all items where they agree.
        params: what it tracks of params.yaml.
    """

    name: str
    description: str
    reads: list[str]
    version: str | None
    fingerprint: str | None
    code: list[str]
    params: tuple[str, ...]


@dataclass(frozen=True, order=True)
class Call:
    """One kind of model call behind the rows. revision: empty for a model without one."""

    position: int
    stage: str
    version: str
    prompt: str
    fingerprint: str
    model: str
    revision: str

    @property
    def text(self) -> str | None:
        """The prompt's file, which may be that of an earlier version; None for a prompt that is not a file of the stage's pipelines."""
        own = Path("pipelines", self.stage, self.version, "prompts", f"{self.prompt}.jinja2")
        others = Path("pipelines", self.stage).glob(f"v*/prompts/{self.prompt}.jinja2")
        paths = [own] if own.exists() else [path for path in others if fingerprint(path) == self.fingerprint]
        return paths[0].read_text(encoding="utf-8") if paths else None


def stages(last: str) -> list[Stage]:
    """A stage and all stages above it, in the order of dvc.yaml."""
    raw, marks = params.read(), released()
    wanted: dict[str, Stage] = {}
    for one in reversed(declared().values()):
        if one.name == last or any(one.name in below.reads for below in wanted.values()):
            version = (raw.get(one.name) or {}).get("version")
            mark = marks.get(f"{one.name}/{version}")
            wanted[one.name] = Stage(one.name, one.description, _reads(one), version, mark, _code(one.name), one.params)
    return [*reversed(wanted.values())]


def _reads(stage: Declared) -> list[str]:
    found = (dep.split("/")[1] for dep in stage.deps if dep.startswith("data/"))
    return [name for name in dict.fromkeys(found) if name in declared()]


def _code(stage: str) -> list[str]:
    files = [DATA / "code" / f"{stage}.json", *(DATA / "code" / stage).glob("*.json")]
    return sorted({orjson.loads(path.read_bytes())["code"] for path in files if path.exists()})


def parameters(made: Iterable[Stage]) -> str:
    """The blocks of params.yaml that stages track, as YAML."""
    keys = {key.split(".")[0] for stage in made for key in stage.params}
    raw = orjson.loads(orjson.dumps(params.read()))  # without anchors
    tracked = {key: raw[key] for key in raw if key in keys}
    return str(yaml.safe_dump(tracked, sort_keys=False, allow_unicode=True, width=120))


def calls(rows: Iterable[pl.DataFrame], unpinned: Collection[str] = ()) -> list[Call]:
    """The kinds of model calls in the provenance of rows, in the order of the stages.

    Args:
        rows: with provenance.
        unpinned: models without a revision, whose names may hold an @.
    """
    columns = ("stage", "version", "prompt", "model")
    found = set()
    for table in rows:
        entries = table.select(pl.col("provenance").explode()).drop_nulls().unnest("provenance")
        for stage, version, text, model in entries.select(columns).drop_nulls().unique().iter_rows():
            name, _, revision = (model, "", "") if model in unpinned or "@" not in model else model.rpartition("@")
            prompt, _, mark = text.partition("@")
            if name:  # a text that no model generated has none
                found.add(Call(position(stage), stage, version, prompt, mark, name, revision))
    return sorted(found)


def unpinned(config: Config) -> set[str]:
    """The models of params.yaml that have no revision."""
    roles = (config.teacher, config.judge, config.estimator, *config.translators.values())
    return {model.model for model in roles if model.revision is None}


def counts(made: Iterable[Stage], config: Config) -> list[tuple[str, dict[str, Any]]]:
    """The metrics of each stage and item, by dvc's name for it."""
    every = ((stage.name, item) for stage in made for item in items(stage.name, config))
    return [(f"{name}@{item}" if item else name, metrics(name, item)) for name, item in every]


def metrics(stage: str, item: str = "") -> dict[str, Any]:
    """The metrics.json of a stage. Raises BuildError where it is missing."""
    path = DATA / stage / item / "metrics.json"
    if not path.exists():
        raise BuildError(f"{path} is missing: `dvc repro` writes it")
    return dict(orjson.loads(path.read_bytes()))

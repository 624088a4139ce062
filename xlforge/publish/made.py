"""What a build says of itself: stages, models, prompts, parameters, counts and figures, read from its own files.

Models and prompts are taken from the rows' provenance, so that a card names what made the rows, not what params.yaml names today.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import yaml

from xlforge.base.errors import BuildError
from xlforge.config.dag import position
from xlforge.config.params import PARAMS
from xlforge.stage.versions import released

DATA = Path("data")


@dataclass(frozen=True)
class Stage:
    """One stage of the DAG. version and mark: of its pipeline, with the fingerprint that pipelines/versions.lock holds; reads: stages."""

    name: str
    desc: str
    version: str | None
    mark: str | None
    reads: list[str]
    params: list[str]


@dataclass(frozen=True)
class Call:
    """One kind of model call behind the rows: which stage asked which model with which prompt."""

    stage: str
    version: str
    model: str
    revision: str
    prompt: str
    mark: str

    @property
    def text(self) -> str:
        """The prompt's file."""
        return Path("pipelines", self.stage, self.version, "prompts", f"{self.prompt}.jinja2").read_text(
            encoding="utf-8"
        )


def raw() -> dict[str, Any]:
    """params.yaml as it is written, with its anchors resolved."""
    found: dict[str, Any] = orjson.loads(orjson.dumps(yaml.safe_load(PARAMS.read_text(encoding="utf-8"))))
    return found


def stages(last: str) -> list[Stage]:
    """A stage and all that it comes from, in the order data flows, from dvc.yaml."""
    params, marks = raw(), released()
    entries = yaml.safe_load(Path("dvc.yaml").read_text(encoding="utf-8"))["stages"]
    found = {}
    for name, entry in entries.items():
        body = entry.get("do", entry)
        version = (params.get(name) or {}).get("version")
        reads = [dep.split("/")[1] for dep in body["deps"] if dep.startswith("data/")]
        kept = list(body["params"])
        found[name] = Stage(
            name,
            body["desc"],
            version,
            marks.get(f"{name}/{version}"),
            [one for one in dict.fromkeys(reads) if one in entries],
            kept,
        )
    wanted: set[str] = set()
    waiting = [last]
    while waiting:
        name = waiting.pop()
        wanted.add(name)
        waiting += [one for one in found[name].reads if one not in wanted]
    return [stage for name, stage in found.items() if name in wanted]


def parameters(made: Iterable[Stage]) -> str:
    """The blocks of params.yaml that the stages track, as YAML."""
    params = raw()
    keys = {key.split(".")[0] for stage in made for key in stage.params}
    kept = {key: params[key] for key in params if key in keys}
    return str(yaml.safe_dump(kept, sort_keys=False, allow_unicode=True, width=120))


def calls(rows: pl.DataFrame) -> list[Call]:
    """The kinds of model calls in the rows' provenance, in the order of the stages."""
    flat = rows.select(pl.col("provenance").explode()).drop_nulls().unnest("provenance").unique()
    found = []
    for row in flat.iter_rows(named=True):
        model, _, revision = row["model"].rpartition("@")
        prompt, _, mark = row["prompt"].rpartition("@")
        found.append(Call(row["stage"], row["version"], model, revision, prompt, mark))
    return sorted(found, key=lambda call: (position(call.stage), call.prompt, call.model, call.revision))


def counts(made: Iterable[Stage], items: dict[str, list[str]]) -> list[tuple[str, dict[str, Any]]]:
    """The metrics of each stage, and of each item of one that has items (`selection@de`), by dvc's name for it."""
    found = []
    for stage in made:
        for item in items.get(stage.name, [""]):
            found.append((f"{stage.name}@{item}" if item else stage.name, metrics(stage.name, item)))
    return found


def metrics(stage: str, item: str = "") -> dict[str, Any]:
    """A stage's metrics.json."""
    path = DATA / stage / item / "metrics.json"
    if not path.exists():
        raise BuildError(f"{path} is missing: `dvc repro` makes it")
    found: dict[str, Any] = orjson.loads(path.read_bytes())
    return found


def figures(name: str) -> list[dict[str, Any]]:
    """A table of the evaluation."""
    return pl.read_csv(DATA / "evaluation" / name, infer_schema_length=None).to_dicts()

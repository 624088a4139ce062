"""What a user chooses for a build of their own, and the blocks of params.yaml that follow from it."""

import hashlib
import importlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import orjson

from xlforge.base.errors import BuildError
from xlforge.config.models import IN_PROCESS, READERS, SERVED
from xlforge.config.params import PIPELINES
from xlforge.config.yaml12 import read_yaml
from xlforge.models.revision import folder_digest

Block = dict[str, Any]
NO_PROMPTS = "data/prompts/none.jsonl"
"""One empty prompt: where there are no prompts, and dvc.yaml depends on a file."""
EXAMPLE = "data/seeds/real.jsonl"
"""The passages on the real world that ship, with a question each."""
RECIPES = Path("conf/student")
HUB = {name: Path(f"conf/benchmark/{name.replace('-', '_')}.yaml") for name in ("alpacaeval", "m-arena-hard")}
"""The overlays of benchmarks on the hub, by the names that `--benchmark` takes."""
_SUFFIXES = {".jsonl": "jsonl", ".parquet": "parquet", ".txt": "text"}
_ENGLISH: Block = {"sets": ["crosslingual", "english"], "requested": None, "translated": None}
"""The sets of prompts that are only there in English."""
_READ = 100
"""Lines of a JSONL file whose keys are looked at."""


@dataclass(frozen=True)
class Choices:
    """The flags of `xlforge init`.

    Args:
        seeds: a file, a folder, or `hub:NAME`, `hub:NAME:CONFIG`, both with `@COMMIT` or without.
        columns: of the seeds, by `text`, `instruction` and `response`.
        languages: codes.
        engine: of every model whose name does not begin with one, as `seq2seq:NAME` does.
        roles: names of models by teacher, judge, translator and estimator.
        student: the base, or None for no training. recipe: of conf/student.
        benchmark: one of HUB, a file of prompts, or None. reference: a file of ready answers, or a model.
        pinned: the commit of a repository of the hub, by its name and `model` or `dataset`; None where it is not known.
    """

    seeds: str
    columns: dict[str, str]
    languages: tuple[str, ...]
    engine: str
    roles: dict[str, str]
    student: str | None
    recipe: str
    benchmark: str | None
    reference: str
    pinned: Callable[[str, str], str | None]

    def blocks(self) -> Block:
        """What the template of params.yaml shows."""
        named = partial(model, engine=self.engine, languages=self.languages, pinned=self.pinned)
        return {
            "languages": list(self.languages),
            "source": self._source(),
            "roles": {role: named(name) for role, name in self.roles.items()},
            "base": named(self.student, engine="transformers") if self.student else None,
            "recipe": (RECIPES / f"{self.recipe}.yaml").read_text(encoding="utf-8").partition("\nstudent:")[2],
            "models": self._compared(named),
            "benchmark": self._benchmark() if self.benchmark else None,
            "prompts": self.benchmark if Path(self.benchmark or "").suffix in (".json", ".jsonl") else NO_PROMPTS,
            "no_prompts": NO_PROMPTS,
        }

    def _source(self) -> Block:
        """seeds.source."""
        if self.seeds.startswith("hub:"):
            whole, _, commit = self.seeds.removeprefix("hub:").partition("@")
            name, _, config = whole.partition(":")
            pin = commit or self.pinned(name, "dataset")
            where: Block = {"kind": "hub", "path": NO_PROMPTS, "name": name, "config": config or None, "revision": pin}
            return where | self._texts(None) | {"id": None, "take": 20000}
        path = local(self.seeds, "--seeds")
        kind = kind_of(path)
        if kind == "text":
            return {"kind": kind, "path": str(path)}
        have = columns(path, kind)
        texts = self._texts(have)
        return {"kind": kind, "path": str(path), **texts, "id": "id" if "id" in have else None}

    def _texts(self, have: list[str] | None) -> Block:
        """The columns with texts, which a source on the hub is not looked through for."""
        known = ", ".join(have or ()) or "none"
        given = self.columns or {"text": "text"}
        for flag, column in given.items():
            if have is not None and column not in have:
                raise BuildError(f"--{flag}: {self.seeds} has no column {column!r}; it has {known}")
        if set(given) == {"instruction"}:
            raise BuildError("--instruction names the questions: name what answers them too, by --response or --text")
        return {name: given.get(name) for name in ("text", "instruction", "response")}

    def _compared(self, named: Callable[..., Block]) -> dict[str, Block]:
        """`models`: the reference, and what is compared with it."""
        if not self.benchmark:
            return {"reference": _entry(named(self.roles["teacher"]), "reference")}
        if Path(self.reference).is_file():
            digest = hashlib.sha256(Path(self.reference).read_bytes()).hexdigest()
            ready = {"file": self.reference, "revision": f"sha256:{digest}"}
            found = {"reference": ready | {"against": "reference", "needs": self.reference}}
        else:
            found = {"reference": _entry(named(self.reference), "reference")}
        if not self.student:
            return found | {"teacher": _entry(named(self.roles["teacher"]), "teacher")}
        trained = {"student": "bestof3", "against": "base", "needs": "models/students/bestof3"}
        return found | {"base": _entry(named(self.student, engine="transformers"), "base"), "bestof3": trained}

    def _benchmark(self) -> Block:
        """benchmark: the source, the sets, and what the hub's tables lack a commit for."""
        if self.benchmark not in HUB:
            return {"source": own_prompts(local(self.benchmark or "", "--benchmark")), **_ENGLISH}
        shipped = read_yaml(HUB[self.benchmark])["benchmark"]
        tables = {name: shipped[name] for name in ("source", "requested", "translated")}
        for table in filter(None, tables.values()):
            table["revision"] = self.pinned(table["name"], "dataset")
        tables["source"] = {key: value for key, value in tables["source"].items() if value is not None}
        tables["source"] |= {"path": NO_PROMPTS, "revision": tables["source"].get("revision")}
        if set(self.languages) <= set(shipped["languages"]):
            return tables | {"sets": shipped["sets"]}
        return tables | _ENGLISH


def newest(stage: str) -> str:
    """The newest version of a stage's pipeline."""
    found = (path.parent.name for path in (PIPELINES / stage).glob("v*/schema.py"))
    return max(found, key=lambda version: int(version[1:]))


def local(given: str, flag: str) -> Path:
    """A file or folder, relative to the project where it lies inside. Raises BuildError where there is none."""
    path = Path(given)
    if not path.exists():
        raise BuildError(f"{flag}: {given} does not exist")
    inside = path.absolute().is_relative_to(Path.cwd())
    return Path(os.path.relpath(path)) if inside else path


def own_prompts(path: Path) -> Block:
    """The source of a benchmark: a file with prompts under `instruction` or `prompt`. Raises BuildError where it has none."""
    version = newest("benchmark")
    tables, schema = (importlib.import_module(f"pipelines.benchmark.{version}.{name}") for name in ("tables", "schema"))
    source: Block = {"kind": "local", "path": str(path), "instruction": "prompt"}
    try:
        rows = tables.read(schema.Source(**source), schema.Source(**source), "--benchmark")
    except BuildError:
        source["instruction"] = "instruction"
        rows = tables.read(schema.Source(**source), schema.Source(**source), "--benchmark")
    return source | {"id": "id" if "id" in rows[0].columns else None}


def kind_of(path: Path) -> str:
    """The kind of a source: of a file by its suffix, of a folder by the files in it. Raises BuildError."""
    files = [path] if path.is_file() else sorted(path.rglob("*"))
    kinds = sorted({_SUFFIXES[file.suffix] for file in files if file.suffix in _SUFFIXES})
    if len(kinds) != 1:
        what = f"files of several kinds ({', '.join(kinds)})" if kinds else "no such file"
        raise BuildError(f"{path}: seeds are read from {', '.join(_SUFFIXES)} files, and this is or holds {what}")
    return kinds[0]


def columns(path: Path, kind: str) -> list[str]:
    """The columns of a file, or of the first file of a folder: of a JSONL file, the keys of its first lines."""
    suffix = next(suffix for suffix, name in _SUFFIXES.items() if name == kind)
    first = path if path.is_file() else min(path.rglob(f"*{suffix}"))
    if kind == "parquet":
        import pyarrow as pa
        import pyarrow.parquet as pq

        try:
            return list(pq.read_schema(first).names)
        except (OSError, pa.ArrowException) as error:
            raise BuildError(f"{first} cannot be read: {error}") from error
    found: dict[str, None] = {}
    with first.open("rb") as lines:
        for _, line in zip(range(_READ), lines, strict=False):
            found |= dict.fromkeys(_keys(line.removeprefix(b"\xef\xbb\xbf")))
    return list(found)


def _keys(line: bytes) -> list[str]:
    try:
        row = orjson.loads(line)
    except orjson.JSONDecodeError:
        return []  # the stage rejects the line
    return list(row) if isinstance(row, dict) else []


def model(given: str, *, engine: str, languages: tuple[str, ...], pinned: Callable[[str, str], str | None]) -> Block:
    """A model as params.yaml has it, with the revision that is known of it: a folder's digest, a commit of the hub.

    Args:
        given: a name, after `ENGINE:` where the engine is another.
        engine: of a name without one.
        languages: of a translation system with a model for each direction, `{language}` in its name.
        pinned: see Choices.
    """
    before, _, after = given.partition(":")
    own = before in (*IN_PROCESS, *SERVED) and bool(after)
    engine, name = (before, after) if own else (engine, given)

    def revision(one: str) -> str | None:
        if engine not in READERS:
            return None
        return folder_digest(Path(one)) if Path(one).is_dir() else pinned(one, "model")

    found: Block = {"engine": engine, "model": name}
    if engine == "seq2seq" and "{language}" in name:
        found["revisions"] = {code: revision(name.replace("{language}", code)) for code in languages}
    else:
        found["revision"] = revision(name)
    return found | ({"num_beams": 4} if engine == "seq2seq" else {})


def _entry(spec: Block, against: str) -> Block:
    """An entry of `models`; dvc tracks the model's folder, or a file that it depends on in any case."""
    here = spec["engine"] in READERS and Path(spec["model"]).is_dir()
    return spec | {"against": against, "needs": spec["model"] if here else "stages/answers.py"}

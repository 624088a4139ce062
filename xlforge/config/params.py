"""params.yaml, read in one place and strictly: what is built, and under `execution:` how it is run.

Each stage's block is checked by the `Params` model beside its pipeline, so the rules of a block live with the version that
follows them. All blocks are checked before any stage does anything: an unknown key, a wrong type or an unknown
language stops a build before its first call, with the value, the rule and the nearest right name.
"""

import difflib
import importlib
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar

from pydantic import AfterValidator, BaseModel, BeforeValidator, Field

from xlforge.base.errors import BuildError
from xlforge.config import rules
from xlforge.config.blocks import Block as Block  # noqa: PLC0414  pipelines take it from here
from xlforge.config.blocks import checked
from xlforge.config.execution import Execution
from xlforge.config.gates import Gate
from xlforge.config.models import Compared, Model, Name
from xlforge.config.models import Sampling as Sampling  # noqa: PLC0414  pipelines take it from here
from xlforge.config.prices import Prices
from xlforge.config.students import Base, Recipe, Student, resolved
from xlforge.config.yaml12 import read_yaml
from xlforge.languages.registry import language

PARAMS = Path("params.yaml")
PIPELINES = Path("pipelines")
B = TypeVar("B", bound=Block)
T = TypeVar("T")


class ParamsError(BuildError):
    """params.yaml does not say what can be built; the message names the key, the value, the rule and the remedy."""


def _known(code: str) -> str:
    found = language(code)
    if found.detector and not Path(found.detector.model).is_file():
        raise ValueError(f"{found.detector.model} is missing, which identifies {found.name}: put it there")
    return found.code


def _not_false(given: Any) -> Any:
    if given is False:
        raise ValueError('false is no language: in an overlay of conf/, which Hydra reads, write "no" in quotes')
    return given


def _targets(codes: tuple[str, ...]) -> tuple[str, ...]:
    if "en" in codes:
        raise ValueError("English is always there and is not listed: name the languages to translate into")
    if len(set(codes)) < len(codes):
        raise ValueError("a language is named twice")
    return codes


Languages = Annotated[
    tuple[Annotated[str, BeforeValidator(_not_false), AfterValidator(_known)], ...],
    Field(min_length=1),
    AfterValidator(_targets),
]


class Evaluation(Block):
    """min_coverage: the least share of prompts with a verdict, in every set and language. compare: pairs of models whose difference
    is reported, in addition to each model's with the one it is `against`."""

    min_coverage: float = Field(0.95, ge=0, le=1)
    compare: tuple[tuple[Name, Name], ...] = ()


def _with_seeds(path: str) -> str:
    if not Path(path).is_relative_to("data/seeds"):
        raise ValueError("the stage report depends on the folder data/seeds: put the file there, or write null")
    return path


class Report(Block):
    """rows: how many rows the page holds at most. truth: a file in `data/seeds/` with the facts of seeds, JSON lines with `id` and `slots`
    as in data/seeds/README.md, or null; seeds that are not in it have no known facts."""

    rows: int = Field(2500, ge=0)
    truth: Annotated[str, AfterValidator(_with_seeds)] | None = None


class Shared(Block):
    """The blocks that belong to no single stage, as they stand in the file."""

    languages: Languages
    teacher: Model
    judge: Model
    translators: dict[Name, Model] = Field(min_length=1)
    estimator: Model
    bases: dict[Name, dict[str, Any]]
    student: dict[str, Any]
    students: dict[Name, dict[str, Any]]
    models: dict[Name, Compared] = Field(min_length=1)
    evaluation: Evaluation
    report: Report
    prices: Prices = Prices()
    gates: dict[Name, Gate] = Field(default_factory=dict)
    execution: Execution = Execution()


@dataclass(frozen=True)
class Config:
    """The checked file.

    bases, student, students: see `xlforge.config.students`; each student has its whole recipe. execution: as declared in the
    file; `xlforge.config.environment.execution` adds the environment's part. blocks: `Params` of every stage with a pipeline.
    """

    languages: tuple[str, ...]
    teacher: Model
    judge: Model
    translators: dict[str, Model]
    estimator: Model
    bases: dict[str, Base]
    student: Recipe
    students: dict[str, Student]
    models: dict[str, Compared]
    evaluation: Evaluation
    report: Report
    prices: Prices
    gates: dict[str, Gate]
    execution: Execution
    blocks: dict[str, Any]

    def block(self, stage: str) -> Any:
        """The block of a stage: its `Params`, or the shared block of its name where it has no pipeline."""
        return self.blocks[stage] if stage in self.blocks else getattr(self, stage)

    def schema(self, stage: str) -> Any:
        """The schema module of the version that a stage's block names."""
        return importlib.import_module(f"pipelines.{stage}.{self.blocks[stage].version}.schema")

    def role(self, name: str) -> Model:
        """The model of a role: teacher, judge, estimator or translators.NAME. Raises ParamsError for another name."""
        block, _, entry = name.partition(".")
        if block == "translators":
            return _named(self.translators, entry, "translator", block)
        model = getattr(self, name, None)
        if not isinstance(model, Model):
            raise ParamsError(f"no role is called {name!r}: it is teacher, judge, estimator or translators.NAME")
        return model

    def compared(self, name: str | None) -> Compared:
        """The entry of a name under `models`. Raises ParamsError, with the nearest known name."""
        return _named(self.models, name, "model", "models")

    def trained(self, name: str | None) -> Student:
        """The entry of a name under `students`. Raises ParamsError, with the nearest known name."""
        return _named(self.students, name, "student", "students")


def _named(entries: dict[str, T], name: str | None, kind: str, block: str) -> T:
    if name not in entries:
        near = difflib.get_close_matches(name or "", entries, n=1)
        hint = f"did you mean {near[0]!r}?" if near else f"`{block}` in params.yaml has {', '.join(entries) or 'none'}"
        raise ParamsError(f"no {kind} is called {name!r}: {hint}")
    return entries[name]


class Version(BaseModel):
    """The part of a stage's block that says which pipeline reads the rest of it."""

    version: str = Field(pattern=r"^v[0-9]+$")


def staged() -> list[str]:
    """The stages that have a pipeline, and so a block of their own with a version."""
    return sorted({path.parts[1] for path in PIPELINES.glob("*/v*/schema.py")})


def read(path: Path = PARAMS) -> dict[str, Any]:
    """The file as it stands; an empty mapping where it holds nothing. Raises ParamsError."""
    try:
        raw = read_yaml(path)
    except BuildError as error:
        raise ParamsError(str(error)) from error
    if not isinstance(raw, dict):
        raise ParamsError(f"{path} must be a mapping of blocks, but is {type(raw).__name__}")
    return raw


def load(path: Path = PARAMS) -> Config:
    """The checked file. Raises ParamsError, naming every fault at once."""
    from xlforge.config import dag

    raw = read(path)
    config = parse(raw, str(path))
    if dag.DVC.exists() and (faults := dag.unset(raw)):
        raise ParamsError("\n  ".join([f"{path}:", *faults]))
    return config


def parse(raw: dict[str, Any], name: str = str(PARAMS)) -> Config:
    """The checked blocks of a file that was read. name: what messages call it."""
    stages = staged()
    whole, faults = checked(Shared, {key: value for key, value in raw.items() if key not in stages}, "", tuple(stages))
    blocks: dict[str, Any] = {}
    for stage in stages:
        if not isinstance(raw.get(stage), dict):
            faults.append(f"{stage}: the block is missing, and every stage needs one")
            continue
        schema, wrong = _schema(stage, raw[stage])
        if schema is not None:
            blocks[stage], wrong = checked(schema.Params, raw[stage], f"{stage}.")
        faults += wrong
    trained: dict[str, Any] = {}
    if whole:
        trained, wrong = resolved(whole.bases, whole.student, whole.students, whole.languages)
        faults += [*wrong, *rules.faults(whole, blocks, PIPELINES)]
    if faults:
        raise ParamsError(f"{name} has {len(faults)} fault{'s' * (len(faults) > 1)}:\n  " + "\n  ".join(faults))
    return Config(**dict(whole) | trained, blocks=blocks)


def load_execution(path: Path = PARAMS) -> Execution:
    """The `execution:` block alone, for commands that build nothing; the defaults where there is no file. Raises ParamsError."""
    return _alone(path, "execution", Execution)


def load_prices(path: Path = PARAMS) -> Prices:
    """The `prices:` block alone; an empty table where there is no file or no block. Raises ParamsError."""
    return _alone(path, "prices", Prices)


def _alone(path: Path, name: str, model: type[B]) -> B:
    """One block of the file."""
    raw = read(path) if path.exists() else {}
    block, faults = checked(model, raw.get(name) or {}, f"{name}.")
    if faults:
        raise ParamsError(f"{path}: {'; '.join(faults)}")
    assert isinstance(block, model)
    return block


def _schema(stage: str, raw: dict[str, Any]) -> tuple[Any, list[str]]:
    """The schema module of the version that a block names."""
    version, faults = checked(Version, {"version": raw.get("version", "")}, f"{stage}.")
    if version is None:
        return None, faults
    have = sorted(path.parent.name for path in (PIPELINES / stage).glob("v*/schema.py"))
    if version.version not in have:
        return None, [f"{stage}.version: {version.version!r} does not exist; pipelines/{stage} has {', '.join(have)}"]
    return importlib.import_module(f"pipelines.{stage}.{version.version}.schema"), []

"""params.yaml, read strictly: what is being built, and (under `execution:`) how it is run.

Each stage's block is checked by the `Params` model beside its pipeline, so the rules of a block live with the version that
obeys them. All blocks are checked before any stage does anything: an unknown key, a wrong type or an unknown
language stops a build before its first call, with the value, the rule and the nearest right name.
"""

from __future__ import annotations

import difflib
import importlib
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from xlforge.core.errors import BuildError
from xlforge.core.languages import language

PARAMS = Path("params.yaml")
STAGES = ("seeds", "instructions", "responses", "scores", "translations", "selection", "dataset")
"""The stages with a block of their own in params.yaml and a pipeline of that name, in the order data flows."""


class ParamsError(BuildError):
    """params.yaml does not say what can be built; the message names the key, the value, the rule and the remedy."""


class Block(BaseModel):
    """A mapping in params.yaml: unknown keys are errors, values are immutable."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Sampling(Block):
    """How a stage's answers are drawn. temperature 0 is greedy; max_tokens is the bound of an answer, in tokens."""

    temperature: float = Field(0.0, ge=0, le=2)
    top_p: float = Field(1.0, gt=0, le=1)
    max_tokens: int = Field(512, ge=1)


class Model(Block):
    """A model in a role (teacher, judge, translator).

    engine: `transformers` (in process), `openai` (any OpenAI-compatible endpoint) or the import path of a distilabel LLM.
    model: a local folder, a hub id, or the name the endpoint serves. revision: for a local folder the digest of its content,
    for a hub id a commit; for an endpoint whatever tells its weights apart. prompts: `brief` for small models.
    trust_remote_code: only the exact name of the model whose code may run.
    """

    engine: str = "transformers"
    model: str
    revision: str | None = None
    prompts: Literal["brief", "full"] = "full"
    trust_remote_code: str | None = None


class Execution(Block):
    """How a build is run, and nothing that changes its data; no stage tracks these and no out holds them.

    Every field may be set in the environment as XLFORGE_<FIELD>, which wins; see `xlforge.execution.environment`.
    """

    endpoint: str | None = None
    endpoints: dict[str, str] = Field(default_factory=dict)
    concurrency: int = Field(64, ge=1)
    batch: int = Field(128, ge=1, description="rows a forward pass of the transformers engine")
    timeout: float = Field(120, gt=0, description="seconds one request may take")
    retries: int = Field(6, ge=0, description="tries again for one request after 429, 5xx or a lost connection")
    failures: int = Field(20, ge=1, description="requests that may fail for good before the stage gives up")
    device: str = "cpu"
    store: str = Field("", description="database URL of the response store; empty for SQLite in the main checkout")
    offline: bool = False


def _known(code: str) -> str:
    return language(code).code


def _targets(codes: tuple[str, ...]) -> tuple[str, ...]:
    if "en" in codes:
        raise ValueError("English is always there and is not listed: name the languages to translate into")
    if len(set(codes)) < len(codes):
        raise ValueError("a language is named twice")
    return codes


Languages = Annotated[tuple[Annotated[str, AfterValidator(_known)], ...], Field(min_length=1), AfterValidator(_targets)]


class Shared(Block):
    """The blocks that belong to no single stage."""

    languages: Languages
    teacher: Model
    judge: Model
    translators: dict[Annotated[str, Field(pattern=r"^[a-z0-9_]+$")], Model] = Field(min_length=1)
    estimator: Model
    execution: Execution = Execution()


class Version(BaseModel):
    """The part of a stage's block that says which pipeline reads the rest of it."""

    version: str = Field(pattern=r"^v[0-9]+$")


def load_execution(path: Path = PARAMS) -> Execution:
    """The `execution:` block alone, for commands that build nothing; the defaults where there is no file."""
    raw = yaml.safe_load(path.read_text(encoding="utf-8")) if path.exists() else {}
    return Execution.model_validate(raw.get("execution") or {})


def load(path: Path = PARAMS) -> dict[str, Any]:
    """The checked file: the fields of `Shared` by name, and a `Params` model for every stage in STAGES.

    Raises ParamsError, naming every fault at once.
    """
    if not path.exists():
        raise ParamsError(f"{path} is missing: run from the root of the project")
    try:
        raw = yaml.safe_load(path.read_text(encoding="utf-8"))
    except yaml.YAMLError as error:
        raise ParamsError(f"{path} is no YAML: {error}") from error
    if not isinstance(raw, dict):
        raise ParamsError(f"{path} must be a mapping of blocks, but is {type(raw).__name__}")
    shared = {name: value for name, value in raw.items() if name not in STAGES}
    checked, faults = _checked(Shared, shared, "", others=STAGES)
    blocks: dict[str, Any] = dict(checked) if checked else {}
    for name in STAGES:
        if not isinstance(raw.get(name), dict):
            faults.append(f"{name}: the block is missing, and every stage needs one")
            continue
        schema, wrong = _schema(name, raw[name])
        if schema is not None:
            block, wrong = _checked(schema.Params, raw[name], f"{name}.")
            blocks[name] = block
        faults += wrong
    if checked and (translations := blocks.get("translations")):
        faults += _unnamed(translations.models, checked.translators)
    if faults:
        raise ParamsError(f"{path} has {len(faults)} fault{'s' * (len(faults) > 1)}:\n  " + "\n  ".join(faults))
    return blocks


def _unnamed(models: tuple[str, ...], translators: dict[str, Model]) -> list[str]:
    known = ", ".join(translators)
    return [
        f"translations.models: {name!r} is not under `translators`, which has {known}"
        for name in models
        if name not in translators
    ]


def _schema(stage: str, raw: dict[str, Any]) -> tuple[Any, list[str]]:
    """The schema module of the version that a block names."""
    version, faults = _checked(Version, {"version": raw.get("version", "")}, f"{stage}.")
    if version is None:
        return None, faults
    have = sorted(path.parent.name for path in Path("pipelines", stage).glob("v*/schema.py"))
    if version.version not in have:
        return None, [f"{stage}.version: {version.version!r} is not there; pipelines/{stage} has {', '.join(have)}"]
    return importlib.import_module(f"pipelines.{stage}.{version.version}.schema"), []


def _checked(
    model: type[BaseModel], raw: dict[str, Any], prefix: str, others: tuple[str, ...] = ()
) -> tuple[Any, list[str]]:
    try:
        return model.model_validate(raw), []
    except ValidationError as error:
        return None, [_fault(model, fault, prefix, others) for fault in error.errors()]


def _fault(model: type[BaseModel], fault: Any, prefix: str, others: tuple[str, ...]) -> str:
    where = prefix + ".".join(str(part) for part in fault["loc"])
    if fault["type"] == "extra_forbidden":
        known = [*_fields(model, fault["loc"][:-1]), *(others if len(fault["loc"]) == 1 else ())]
        near = difflib.get_close_matches(str(fault["loc"][-1]), known, n=1)
        return f"{where}: unknown key; " + (f"did you mean {near[0]!r}?" if near else f"known: {', '.join(known)}")
    if fault["type"] == "missing":
        return f"{where}: missing; {fault['msg'].lower()}"
    return f"{where}: {fault['input']!r}: {fault['msg'].removeprefix('Value error, ')}"


def _fields(model: type[BaseModel], loc: tuple[Any, ...]) -> list[str]:
    """The field names at a place inside a model, as far as annotations tell."""
    for part in loc:
        field = model.model_fields.get(str(part))
        if field is None:
            continue
        inner = [field.annotation, *getattr(field.annotation, "__args__", ())]
        model = next((kind for kind in inner if isinstance(kind, type) and issubclass(kind, BaseModel)), model)
    return list(model.model_fields)

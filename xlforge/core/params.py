"""params.yaml, read strictly: what is being built, and (under `execution:`) how it is run.

Each stage's block is checked by the `Params` model beside its pipeline, so the rules of a block live with the version that
obeys them. All blocks are checked before any stage does anything: an unknown key, a wrong type or an unknown
language stops a build before its first call, with the value, the rule and the nearest right name.
"""

from __future__ import annotations

import difflib
import importlib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, Field, model_validator

from xlforge.core.blocks import Block as Block  # noqa: PLC0414  pipelines take it from here
from xlforge.core.blocks import checked
from xlforge.core.errors import BuildError
from xlforge.core.languages import language
from xlforge.core.students import resolved
from xlforge.execution.prices import Prices
from xlforge.execution.settings import Execution as Execution  # noqa: PLC0414  pipelines take it from here

PARAMS = Path("params.yaml")
STAGES = (
    "seeds",
    "instructions",
    "responses",
    "scores",
    "translations",
    "selection",
    "dataset",
    "benchmark",
    "answers",
    "verdicts",
)
"""The stages with a block of their own in params.yaml and a pipeline of that name, in the order data flows."""


ADAPTERS = Path("models/students")
"""Where the stage `student` puts its adapters, by name."""


READERS = ("transformers", "vllm")
"""The engines that read a model's weights where its folder lies here."""


class ParamsError(BuildError):
    """params.yaml does not say what can be built; the message names the key, the value, the rule and the remedy."""


class Sampling(Block):
    """How a stage's answers are drawn. temperature 0 is greedy; max_tokens is the bound of an answer, in tokens."""

    temperature: float = Field(0.0, ge=0, le=2)
    top_p: float = Field(1.0, gt=0, le=1)
    max_tokens: int = Field(512, ge=1)


class Model(Block):
    """A model in a role (teacher, judge, translator).

    engine: `transformers` (in process), `vllm` (its server, started where no endpoint answers), `openai` (any OpenAI-compatible
    endpoint) or the import path of a distilabel LLM.
    model: a local folder, a hub id, or the name the endpoint serves. revision: for a local folder the digest of its content,
    for a hub id a commit; for an endpoint whatever tells its weights apart. prompts: `brief` for small models.
    trust_remote_code: only the exact name of the model whose code may run. In process alone: chat_template, Jinja, for a model whose
    tokenizer has none; adapter, the folder of a PEFT adapter over the model, where `revision` pins both
    (`xlforge.engines.revision.adapted`).
    """

    engine: str = "transformers"
    model: str
    adapter: str | None = None
    revision: str | None = None
    prompts: Literal["brief", "full"] = "full"
    trust_remote_code: str | None = None
    chat_template: str | None = None

    @model_validator(mode="after")
    def _in_process(self) -> Self:
        if self.engine != "transformers" and (self.adapter or self.chat_template):
            raise ValueError(
                f"adapter and chat_template are for engine transformers; {self.engine} serves a model with its own"
            )
        return self


Name = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]


class Compared(Block):
    """A model whose answers to the benchmark are compared: asked by an engine, a student, or a file of ready answers.

    engine, model, revision, prompts, trust_remote_code, chat_template: as of a Model. A student has engine `transformers`, merged into
    its base in process, or `openai`, where `model` is the name that its adapter is served under, by default its own.
    student: under `students`. file: JSON lines or a JSON list, pinned by `revision`, `sha256:…` of its bytes.
    against: another model to be compared with beside the reference, such as a student's base; its own name for none.
    needs: the file or folder here that the answers come from, which dvc watches: the student's adapter, the file, the model's
    folder; for a model that is served or on the hub a file that is a dep anyway, such as stages/answers.py.
    pivot: it answers in English and translates its answer, with the prompts of size `prompts`; reads: `passage` where
    it may read the benchmark's passage, as only a reference should.
    """

    engine: str = "transformers"
    model: str | None = None
    revision: str | None = None
    prompts: Literal["brief", "full"] = "full"
    trust_remote_code: str | None = None
    chat_template: str | None = None
    student: Name | None = None
    file: str | None = None
    against: Name
    needs: str
    pivot: bool = False
    reads: Literal["passage"] | None = None

    @property
    def origin(self) -> str | None:
        """What `needs` must be, as far as this entry alone tells."""
        if self.student is not None:
            return f"{ADAPTERS}/{self.student}"
        local = self.engine in READERS and self.model is not None and Path(self.model).is_dir()
        return self.file or (self.model if local else None)

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        kinds = {name for name in ("model", "student", "file") if getattr(self, name) is not None}
        served = kinds == {"model", "student"} and self.engine != "transformers"
        if len(kinds) != 1 and not served:
            raise ValueError(
                "give one of model, student and file (a student that is served may name the model it is served as)"
            )
        if self.file and (self.pivot or self.reads):
            raise ValueError("a file of ready answers is not asked: pivot and reads are for models that are")
        if self.reads and not self.pivot:
            raise ValueError(
                "reads is for a model with pivot: true: the others are sent the benchmark's prompt as it is"
            )
        if self.student and (self.revision or self.chat_template or self.trust_remote_code):
            raise ValueError(
                "a student has its base's revision, chat_template and trust_remote_code: leave them out here"
            )
        if self.chat_template and self.engine != "transformers":
            raise ValueError(f"chat_template is for engine transformers; {self.engine} serves a model with its own")
        if self.origin and self.needs != self.origin:
            raise ValueError(
                f"needs is {self.needs!r}, but the answers come from {self.origin}: write needs: {self.origin}"
            )
        return self


def _known(code: str) -> str:
    return language(code).code


def _targets(codes: tuple[str, ...]) -> tuple[str, ...]:
    if "en" in codes:
        raise ValueError("English is always there and is not listed: name the languages to translate into")
    if len(set(codes)) < len(codes):
        raise ValueError("a language is named twice")
    return codes


Languages = Annotated[tuple[Annotated[str, AfterValidator(_known)], ...], Field(min_length=1), AfterValidator(_targets)]


class Evaluation(Block):
    """min_coverage: the least share of prompts with a verdict, in every set and language. compare: pairs of models whose difference
    is told, beside each model's with the one it is `against`."""

    min_coverage: float = Field(0.95, ge=0, le=1)
    compare: tuple[tuple[Name, Name], ...] = ()


class Report(Block):
    """rows: the most rows that the page's browser holds. truth: JSON lines with the facts of seeds, `id` and `slots` as in
    data/seeds/README.md; of a seed that is not in it nothing is known."""

    rows: int = Field(2500, ge=0)
    truth: str


class Gate(Block):
    """A bar on a metric, which `xlforge check` tells; it decides no data.

    metric: `STAGE:KEY`, a stage as dvc names it, `*` for any name or part of one, and the dotted key in its metrics.json;
    `reject_share` is known of each stage. least, most: of the value. drop: the widest fall from another revision, as far as it
    is more than chance.
    """

    metric: str = Field(pattern=r"^[a-z0-9_@*]+:[A-Za-z0-9_.@-]+$")
    least: float | None = None
    most: float | None = None
    drop: float | None = Field(None, ge=0)

    @model_validator(mode="after")
    def _some_bar(self) -> Self:
        if self.least is None and self.most is None and self.drop is None:
            raise ValueError("a gate needs a bar: give least, most or drop")
        return self


class Shared(Block):
    """The blocks that belong to no single stage. bases, student and students are read by `xlforge.core.students`."""

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


class Version(BaseModel):
    """The part of a stage's block that says which pipeline reads the rest of it."""

    version: str = Field(pattern=r"^v[0-9]+$")


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
    whole, faults = checked(Shared, shared, "", others=STAGES)
    blocks: dict[str, Any] = dict(whole) if whole else {}
    for name in STAGES:
        if not isinstance(raw.get(name), dict):
            faults.append(f"{name}: the block is missing, and every stage needs one")
            continue
        schema, wrong = _schema(name, raw[name])
        if schema is not None:
            block, wrong = checked(schema.Params, raw[name], f"{name}.")
            blocks[name] = block
        faults += wrong
    if whole and (translations := blocks.get("translations")):
        faults += _unnamed(translations.models, whole.translators)
    if whole:
        trained, wrong = resolved(whole.bases, whole.student, whole.students, whole.languages)
        faults += wrong + _unmatched(blocks)
        blocks |= trained
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


def compared(everything: dict[str, Any], name: str | None) -> Compared:
    """The entry of a name under `models`; ParamsError with the nearest right one otherwise."""
    models: dict[str, Compared] = everything["models"]
    if name not in models:
        near = difflib.get_close_matches(name or "", models, n=1)
        raise ParamsError(
            f"no model is called {name!r}: "
            + (f"did you mean {near[0]!r}?" if near else f"`models` has {', '.join(models)}")
        )
    return models[name]


def _unmatched(blocks: dict[str, Any]) -> list[str]:
    """Names in `models` and of the reference that name nothing."""
    models, students = blocks["models"], blocks.get("students", {})
    wanted = [(f"models.{name}.against", entry.against, models, "models") for name, entry in models.items()]
    wanted += [
        (f"models.{name}.student", entry.student, students, "students")
        for name, entry in models.items()
        if entry.student
    ]
    if verdicts := blocks.get("verdicts"):
        wanted.append(("verdicts.reference", verdicts.reference, models, "models"))
    wanted += [("evaluation.compare", name, models, "models") for pair in blocks["evaluation"].compare for name in pair]
    return [
        f"{where}: {name!r} is not under `{block}`, which has {', '.join(known) or 'nothing'}"
        for where, name, known, block in wanted
        if name not in known
    ]


def _schema(stage: str, raw: dict[str, Any]) -> tuple[Any, list[str]]:
    """The schema module of the version that a block names."""
    version, faults = checked(Version, {"version": raw.get("version", "")}, f"{stage}.")
    if version is None:
        return None, faults
    have = sorted(path.parent.name for path in Path("pipelines", stage).glob("v*/schema.py"))
    if version.version not in have:
        return None, [f"{stage}.version: {version.version!r} is not there; pipelines/{stage} has {', '.join(have)}"]
    return importlib.import_module(f"pipelines.{stage}.{version.version}.schema"), []

"""The models of params.yaml: how responses are sampled, a model in a role, and one whose answers are compared."""

import re
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from xlforge.config.blocks import Block

ADAPTERS = Path("models/students")
"""Where the stage `student` writes its adapters, by name."""

IN_PROCESS = ("transformers", "seq2seq")
"""The engines that run a model in a process of the build."""

SERVED = ("openai", "vllm")
"""The engines that send requests to an OpenAI-compatible endpoint."""

READERS = (*IN_PROCESS, "vllm")
"""The engines that read a model's weights where its folder lies here."""

_SEARCH = {"num_beams", "source_language", "target_language"}
"""What decides a response of a translation system besides its weights."""


class Sampling(Block):
    """How responses are sampled. temperature 0 is greedy; max_tokens is the maximum length of a response, in tokens."""

    temperature: float = Field(0.0, ge=0, le=2)
    top_p: float = Field(1.0, gt=0, le=1)
    max_tokens: int = Field(512, ge=1)


class RequestOptions(Block):
    """What the requests to a model hold besides messages and sampling; see docs/endpoints.md. What is not set is not sent.

    Args:
        extra_body: fields of the request's body, as the endpoint takes them.
        reasoning_effort: how much a reasoning model thinks, as the endpoint names it.
        chat_template_kwargs: variables of the chat template, such as `enable_thinking: false`.
        response_format: how a JSON schema is requested: as it is, as any JSON object, or not at all.
        omit: fields of the body that the endpoint does not take.
        token_limit: the name that the endpoint gives to max_tokens. It does not change a response, so it is not part of the cache key.
    """

    extra_body: dict[str, Any] = Field(default_factory=dict)
    reasoning_effort: str | None = None
    chat_template_kwargs: dict[str, Any] = Field(default_factory=dict)
    response_format: Literal["json_schema", "json_object", "none"] = "json_schema"
    omit: tuple[Literal["temperature", "top_p", "seed", "max_tokens", "logprobs", "top_logprobs"], ...] = ()
    token_limit: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"

    def __hash__(self) -> int:
        return hash(self.model_dump_json())

    @property
    def identity(self) -> dict[str, Any]:
        """The options that are set and can change a response, as they enter the cache key."""
        return self.model_dump(
            include=set(RequestOptions.model_fields) - {"token_limit"}, mode="json", exclude_defaults=True
        )


class Model(RequestOptions):
    """A model in a role (teacher, judge, translator).

    engine: `transformers` (in process), `seq2seq` (a translation system, in process), `vllm` (its server, started where no endpoint
    answers), `openai` (any OpenAI-compatible endpoint) or the import path of a distilabel LLM.
    model: a local folder, a hub id, or the name the endpoint serves. revision: for a local folder the digest of its content,
    for a hub id a commit; for an endpoint whatever distinguishes its weights. prompts: `brief` for small models, `text` for translation
    systems, which get the text alone.
    trust_remote_code: only the exact name of the model whose code may run. In process alone: chat_template, Jinja, for a model whose
    tokenizer has none; adapter, the folder of a PEFT adapter over the model, where `revision` pins both
    (`xlforge.models.revision.adapted`).
    For seq2seq alone: codes, the model's language codes by ours, where they differ (`{de: deu_Latn}`); num_beams, of the beam search at
    temperature 0; revisions, by language, where `{language}` in `model` stands for it, since each direction is a model of its own.
    source_language, target_language: the model's codes of one direction, which a stage fills in (`between`).
    """

    engine: str = "transformers"
    model: str
    adapter: str | None = None
    revision: str | None = None
    prompts: Literal["brief", "full", "text"] = "full"
    trust_remote_code: str | None = None
    chat_template: str | None = None
    codes: dict[str, str] = Field(default_factory=dict)
    revisions: dict[str, str] = Field(default_factory=dict)
    num_beams: int = Field(1, ge=1)
    source_language: str | None = None
    target_language: str | None = None

    @property
    def identity(self) -> dict[str, Any]:
        """See RequestOptions; for a translation system also its direction and search."""
        return super().identity | self.model_dump(include=_SEARCH, exclude_defaults=True)

    def between(self, source: str, target: str) -> "Model":
        """The model of one direction, given in our language codes; an LLM is the same for all."""
        if self.engine != "seq2seq":
            return self
        other = target if source == "en" else source
        direction = {
            "model": self.model.replace("{language}", other),
            "revision": self.revisions.get(other, self.revision),
            "source_language": self.codes.get(source, source),
            "target_language": self.codes.get(target, target),
        }
        return self.model_copy(update=direction)

    @model_validator(mode="before")
    @classmethod
    def _bare(cls, given: Any) -> Any:
        translates = isinstance(given, dict) and given.get("engine") == "seq2seq"
        return {"prompts": "text", **given} if translates else given

    @model_validator(mode="after")
    def _translation_system(self) -> Self:
        own = [name for name in ("codes", "revisions", *_SEARCH) if name in self.model_fields_set]
        if self.engine != "seq2seq" and own:
            raise ValueError(f"{', '.join(sorted(own))}: for engine seq2seq, and this one is {self.engine}")
        if self.engine == "seq2seq" and self.prompts != "text":
            raise ValueError(f"prompts: {self.prompts}: engine seq2seq reads no instructions, so leave prompts out")
        return self

    @model_validator(mode="after")
    def _in_process(self) -> Self:
        if self.engine != "transformers" and (self.adapter or self.chat_template):
            raise ValueError(
                f"adapter and chat_template are for engine transformers; {self.engine} serves a model with its own"
            )
        if self.engine not in SERVED and (unused := sorted(super().identity.keys() - {"chat_template_kwargs"})):
            raise ValueError(f"{', '.join(unused)}: for engine openai and vllm, and this one is {self.engine}")
        return self


def _name(given: str) -> str:
    if not re.fullmatch(r"[a-z0-9_]+", given):
        near = re.sub(r"[^a-z0-9_]+", "_", given.lower()).strip("_")
        raise ValueError(
            "a name becomes a folder and a stage of DVC, so it has only the letters a to z, digits and _"
            + (f": write {near!r}" if near else "")
        )
    return given


Name = Annotated[str, AfterValidator(_name)]


class Compared(RequestOptions):
    """A model whose answers to the benchmark are compared: a model of an engine, a student, or a file of ready answers.

    Args:
        engine, model, revision, prompts, trust_remote_code, chat_template, and the request options: as in Model. A student has the engine
            `transformers`, merged into its base in process, or `openai`, where `model` is the name that its adapter is served under, by
            default its own.
        student: under `students`.
        file: JSON lines or a JSON list, pinned by `revision`, `sha256:…` of its bytes.
        against: another model that it is compared with, next to the reference, such as a student's base; its own name for none.
        needs: the local file or folder of the answers, which dvc tracks: the student's adapter, the file, the model's folder; for a
            model that is served or on the hub a file that is a dep in any case, such as stages/answers.py.
        pivot: it answers in English and translates its answer, with the prompts of size `prompts`.
        reads: `passage` if it may read the benchmark's passage, as only a reference should.
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
        """What `needs` must be, if this entry alone decides it."""
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
            raise ValueError(
                "pivot and reads are for models that generate answers, and this one has a file of ready answers"
            )
        if self.reads and not self.pivot:
            raise ValueError(
                "reads is for a model with pivot: true: the others are sent the benchmark's prompt as it is"
            )
        if self.student and (self.revision or self.chat_template or self.trust_remote_code):
            raise ValueError(
                "a student has its base's revision, chat_template and trust_remote_code: leave them out here"
            )
        if self.engine == "seq2seq":
            raise ValueError("engine seq2seq translates, and the benchmark's prompts want an answer: name an LLM")
        if self.chat_template and self.engine != "transformers":
            raise ValueError(f"chat_template is for engine transformers; {self.engine} serves a model with its own")
        if self.origin and self.needs != self.origin:
            raise ValueError(
                f"needs is {self.needs!r}, but the answers come from {self.origin}: write needs: {self.origin}"
            )
        return self

"""The models under `models` in params.yaml, as engines take them: a model, a base with a student's adapter, or a served student."""

from __future__ import annotations

from typing import Any

from xlforge.config.execution import Execution
from xlforge.config.models import ADAPTERS, Model, RequestOptions
from xlforge.config.params import Config
from xlforge.models.revision import adapted

ROLE = "answers"
_OPTIONS = tuple(RequestOptions.model_fields)
_SHARED = ("engine", "model", "revision", "prompts", "trust_remote_code", "chat_template", *_OPTIONS)


def model_of(config: Config, name: str) -> Model:
    """The model that generates the answers of `models.NAME`.

    A student in process is its base with the adapter merged. Behind an endpoint it is the name under which the adapter is served
    (`model`, or its own name). In both cases its revision is that of base and adapter, so a retrained student answers again.

    Raises:
        EngineError: the adapter does not exist.
    """
    entry = config.models[name]
    if entry.student is None:
        return Model(**{key: getattr(entry, key) for key in _SHARED})
    base = config.bases[config.students[entry.student].base]
    adapter = ADAPTERS / entry.student
    pinned: dict[str, Any] = {"revision": adapted(base.revision, adapter), "prompts": entry.prompts}
    pinned |= {key: getattr(entry, key) for key in _OPTIONS}
    if entry.engine != "transformers":
        return Model(engine=entry.engine, model=entry.model or entry.student, **pinned)
    return Model(model=base.model, adapter=str(adapter), trust_remote_code=base.trust_remote_code, **pinned)


def role(execution: Execution, name: str) -> str:
    """The role whose endpoint and key serve a model: `answers_NAME` if the environment has an endpoint for it, else `answers`.

    So XLFORGE_ENDPOINT_ANSWERS_GPT4O may be a hosted API, and XLFORGE_ENDPOINT_ANSWERS the vLLM server of the students.
    """
    own = f"{ROLE}_{name}"
    return own if own in execution.endpoints else ROLE

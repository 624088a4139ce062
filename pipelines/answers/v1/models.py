"""The models under `models` in params.yaml, as engines take them: a base, a base with a student's adapter, or neither (a file)."""

from __future__ import annotations

from xlforge.config.execution import Execution
from xlforge.config.models import ADAPTERS, Model
from xlforge.config.params import Config
from xlforge.models.revision import adapted

ROLE = "answers"
_SHARED = ("engine", "model", "revision", "prompts", "trust_remote_code", "chat_template")


def asked_as(config: Config, name: str) -> Model:
    """The model that is asked for the answers of `models.NAME`.

    A student is its base with the adapter, merged in process; behind an endpoint it is the name under which the adapter is served (`model`,
    or its own). Its revision is that of base and adapter either way, so that a retrained student is asked anew.
    Raises EngineError where the adapter is not there.
    """
    entry = config.models[name]
    if entry.student is None:
        return Model(**{key: getattr(entry, key) for key in _SHARED})
    base = config.bases[config.students[entry.student].base]
    adapter = ADAPTERS / entry.student
    revision = adapted(base.revision, adapter)
    if entry.engine != "transformers":
        return Model(engine=entry.engine, model=entry.model or entry.student, revision=revision, prompts=entry.prompts)
    return Model(
        model=base.model,
        adapter=str(adapter),
        revision=revision,
        prompts=entry.prompts,
        trust_remote_code=base.trust_remote_code,
    )


def role(execution: Execution, name: str) -> str:
    """The role whose endpoint and key serve a model: `answers_NAME` where the environment names an endpoint for it, else `answers`.

    So XLFORGE_ENDPOINT_ANSWERS_GPT4O may be a hosted API, and XLFORGE_ENDPOINT_ANSWERS the vLLM server of the students.
    """
    own = f"{ROLE}_{name}"
    return own if own in execution.endpoints else ROLE

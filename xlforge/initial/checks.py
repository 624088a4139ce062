"""What can be checked of a new build before anything is spent: the seeds, the endpoint and its models, licences."""

import asyncio
import importlib
from collections.abc import Callable, Iterator
from functools import cache
from typing import Any

import httpx2
import orjson

from xlforge.base.errors import BuildError
from xlforge.config import environment
from xlforge.config.execution import Execution
from xlforge.config.models import Compared, Model
from xlforge.config.params import Config
from xlforge.initial.written import flow
from xlforge.models.engine import EngineError
from xlforge.models.openai.client import Client
from xlforge.models.openai.errors import RequestFailed
from xlforge.publish import licences

_SECONDS = 10
"""How long the hub may take to answer."""
_CONTEXT = ("max_model_len", "context_length", "context_window")
"""What servers call the context length in their list of models: vLLM, OpenRouter, Groq."""


class Hub:
    """Commits of repositories on the Hugging Face Hub. notes: what could not be looked up, as warnings."""

    def __init__(self) -> None:
        self.notes: list[str] = []
        self.commit = cache(self._commit)

    def _commit(self, name: str, kind: str) -> str | None:
        """The newest commit; None where the hub does not show it. kind: `model` or `dataset`."""
        from huggingface_hub import HfApi
        from huggingface_hub.errors import GatedRepoError, HFValidationError, RepositoryNotFoundError

        sha: str | None = None
        try:
            sha = HfApi().repo_info(name, repo_type=kind, timeout=_SECONDS).sha
            HfApi().auth_check(name, repo_type=kind)
        except GatedRepoError:
            self.notes.append(f"{name} is gated: accept its terms on the hub, and log in with `hf auth login`")
        except (HFValidationError, RepositoryNotFoundError):
            near = "; it is no folder here either" if kind == "model" else ""
            raise BuildError(f"the Hugging Face Hub has no {kind} {name!r} for you{near}") from None
        except (OSError, ValueError, httpx2.HTTPError) as error:
            what = f"the Hugging Face Hub cannot be reached ({type(error).__name__})"
            self.notes.append(
                f"{what}, so the {kind} {name} was not checked: write its commit as `revision` in params.yaml"
            )
        return sha


def seeds(config: Config) -> None:
    """Reads the first rows of a local source. Raises BuildError where none can be used."""
    source = config.block("seeds").source
    if source.kind != "hub":
        version = config.block("seeds").version if source.gives else "v1"
        importlib.import_module(f"pipelines.seeds.{version}.readers").opened(source)


def contaminated(config: Config) -> Iterator[str]:
    """A warning where no file has the benchmark's prompts, so that seeds are not compared with them."""
    if config.block("benchmark").source.kind == "hub":
        yield (
            "seeds are not compared with the benchmark's prompts, which are on the hub: save them to a JSONL file, and name it as "
            "seeds.prompts"
        )


def endpoints(config: Config) -> Iterator[str]:
    """Warnings on the endpoints of roles with engine openai. Raises BuildError where one does not serve a role's model."""
    settings = environment.execution(config.execution)
    specs = [(role, config.role(role)) for role in ("teacher", "judge", "estimator")]
    specs += [("translator", each) for each in config.translators.values()]
    specs += [
        (f"answers_{name}" if f"answers_{name}" in settings.endpoints else "answers", _model(each))
        for name, each in config.models.items()
        if each.model
    ]
    lists: dict[str | None, dict[str, dict[str, Any]]] = {}
    checked: set[tuple[str | None, str]] = set()
    for role, spec in specs:
        url = environment.endpoint(settings, role)
        if spec.engine != "openai" or (url, spec.model) in checked:
            continue
        checked.add((url, spec.model))
        try:
            if url not in lists:
                lists[url] = {}
                lists[url] = asyncio.run(_listed(spec, role, settings))
        except (EngineError, RequestFailed) as error:
            yield f"the models were not checked: {error}"
        if lists[url] and spec.model not in lists[url]:
            raise BuildError(f"the {role}'s endpoint serves no model {spec.model!r}; it serves {', '.join(lists[url])}")
        if note := _short(spec.model, lists[url].get(spec.model, {}), config.block("translations").sampling.max_tokens):
            yield note


def _model(entry: Compared) -> Model:
    return Model(engine=entry.engine, model=entry.model or "")


async def _listed(spec: Model, role: str, settings: Execution) -> dict[str, dict[str, Any]]:
    """The models that an endpoint lists, by name."""
    client = Client(spec, role, settings)
    try:
        await client.open()
        found = orjson.loads(await client.request("GET", "models"))["data"]
        return {str(each["id"]): each for each in found}
    except (ValueError, KeyError, TypeError) as error:
        raise EngineError(f"the list of models at {client.host} cannot be read: {type(error).__name__}") from error
    finally:
        await client.close()


def _short(name: str, listed: dict[str, Any], max_tokens: int) -> str:
    """A warning where a translation and its source cannot both be in the context; empty where they can, or nobody knows."""
    meta = listed.get("meta") or {}
    context = next((listed[key] for key in _CONTEXT if isinstance(listed.get(key), int)), meta.get("n_ctx") or 0)
    if not 0 < context < 2 * max_tokens:
        return ""
    remedy = f"write less than {context // 2} for max_tokens, and lower seeds.max_chars to about {context}"
    return f"{name} reads {context} tokens, and translations.sampling.max_tokens is {max_tokens}: {remedy}"


def unpublishable(config: Config) -> Iterator[str]:
    """Warnings on models and seeds that conf/licences.yaml does not know, or that forbid the dataset's licence."""
    table, source = licences.load(), config.block("seeds").source
    specs = [config.teacher, config.judge, config.estimator, *config.translators.values()]
    named: list[tuple[str, str, Callable[[str], object]]] = [
        ("sources", source.name if source.kind == "hub" else source.path, lambda name: table.of_rows([name], [])),
        *(("models", each.model, lambda name: table.of_rows([], [name])) for each in specs),
        *(("models", each.model, table.of_adapter) for each in config.bases.values()),
    ]
    for block, name, allow in named:
        try:
            allow(name)
        except BuildError as error:
            adapters = ", adapters: […]" if block == "models" else ""
            entry = f"- {{name: {flow(name)}, licence: …, rows: […]{adapters}, reason: …, terms: …}}"
            add = f"before you publish, read the terms of {name}, and add under `{block}` in {licences.TABLE}: {entry}"
            yield str(error) if table.has(block, name) else add

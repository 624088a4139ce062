"""Any of distilabel's own LLM classes as an engine, named in params.yaml by its import path.

Its answers pass through the store like all others, a chunk at a time. Such a class takes no seed for each row, so the number of a
candidate tells its answers apart in the store and not in the drawing.
"""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Sequence
from typing import Any

from distilabel.models.llms.base import LLM, AsyncLLM

from xlforge.config import environment
from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.models.engine import EngineError, Sink
from xlforge.requests.request import Request, Sampling, unicode_only
from xlforge.requests.response import Response

_MOST = ("max_new_tokens", "max_tokens")


class DistilabelEngine:
    """An instance of the class, made with `model`, and with endpoint and key where it takes them. Raises EngineError."""

    def __init__(self, spec: Model, role: str, execution: Execution) -> None:
        kind = _found(spec.engine)
        given: dict[str, Any] = {"model": spec.model}
        if "base_url" in kind.model_fields and (url := environment.endpoint(execution, role)):
            given["base_url"] = url
        if "api_key" in kind.model_fields and (key := environment.api_key(role)):
            given["api_key"] = key
        try:
            self._llm = kind(**given)
            self._llm.load()
        except Exception as error:  # whatever a foreign class raises, and never its words, which may hold the key
            raise EngineError(
                f"{spec.engine} cannot be loaded for {spec.model} ({type(error).__name__}): see that the packages and "
                "settings it needs are there"
            ) from None
        takes = inspect.signature(self._llm.agenerate if isinstance(self._llm, AsyncLLM) else self._llm.generate)
        self._takes, self._chunk = set(takes.parameters), execution.concurrency

    def generate(self, requests: Sequence[Request], sink: Sink) -> None:
        """Response all, `concurrency` at a time; where a chunk fails, its requests are asked one by one."""
        for start in range(0, len(requests), self._chunk):
            chunk = requests[start : start + self._chunk]
            try:
                bought = self._answers(chunk)
            except Exception:
                bought = {}
                for request in chunk:
                    try:
                        bought |= self._answers([request])
                    except Exception as error:
                        sink.fail(request, type(error).__name__)
            for request in chunk:
                if bought.get(request.key, "") is None:
                    sink.fail(request, "the reply holds no text")
            sink.put([(request, found) for request in chunk if (found := bought.get(request.key))])

    def close(self) -> None:
        """Let go of the model."""
        self._llm.unload()

    def _answers(self, requests: Sequence[Request]) -> dict[str, Response | None]:
        sampling = requests[0].sampling
        inputs = [
            [{"role": role, "content": unicode_only(content)} for role, content in request.messages]
            for request in requests
        ]
        outputs = self._llm.generate(inputs=inputs, num_generations=1, **self._options(sampling))
        return {request.key: _answer(output, sampling) for request, output in zip(requests, outputs, strict=True)}

    def _options(self, sampling: Sampling) -> dict[str, Any]:
        options: dict[str, Any] = {"temperature": sampling.temperature, "top_p": sampling.top_p}
        options |= dict.fromkeys(_MOST, sampling.max_tokens)
        return {name: value for name, value in options.items() if name in self._takes}


def _found(path: str) -> type[LLM]:
    module, _, name = path.rpartition(".")
    try:
        kind = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError):
        kind = None
    if not (isinstance(kind, type) and issubclass(kind, LLM)):
        raise EngineError(
            f"engine {path} is not known: in params.yaml write transformers, vllm, openai, or the import path of a distilabel LLM "
            "such as distilabel.models.llms.OpenAILLM"
        )
    return kind


def _answer(output: Any, sampling: Sampling) -> Response | None:
    text = output["generations"][0]
    if text is None:
        return None
    used = {name: (output["statistics"].get(name) or [0])[0] for name in ("input_tokens", "output_tokens")}
    cut = used["output_tokens"] >= sampling.max_tokens
    return Response(text, "length" if cut else "stop", used["input_tokens"], used["output_tokens"])

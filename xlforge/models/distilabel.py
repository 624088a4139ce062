"""Any of distilabel's own LLM classes as an engine, named in params.yaml by its import path.

Each request is a call of its own, so that a call that fails costs no more than its own row: `concurrency` at once for a class with
asynchronous calls, else one at a time. Such a class takes no seed for each row: the number of a candidate is part of the cache key
and does not change the sampling.
"""

import asyncio
import importlib
import inspect
import sys
from collections import deque
from collections.abc import Sequence
from typing import Any

from distilabel.models.llms.base import LLM, AsyncLLM

from xlforge.config import environment
from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.models.budget import Budget, OverBudget
from xlforge.models.engine import EngineError, Sink
from xlforge.requests.request import Request, unicode_only
from xlforge.requests.response import Response

_MAX_TOKENS = ("max_new_tokens", "max_tokens")


class DistilabelEngine:
    """An instance of the class, with `model`, and with endpoint and key where it takes them. Raises EngineError."""

    def __init__(self, spec: Model, role: str, execution: Execution) -> None:
        kind = _imported(spec.engine)
        self._name, self._role, self._reported = spec.engine, role, set[str]()
        options: dict[str, Any] = {"model": spec.model}
        if "base_url" in kind.model_fields and (url := environment.endpoint(execution, role)):
            options["base_url"] = url
        if "api_key" in kind.model_fields and (key := environment.api_key(role)):
            options["api_key"] = key
        try:
            self._llm = kind(**options)
            self._llm.load()
        except Exception as error:  # whatever the class raises; its message may hold the key and is not shown
            what = f"{spec.engine} cannot be loaded for {spec.model} ({type(error).__name__})"
            raise EngineError(f"{what}: check that the packages and settings that it needs are installed") from None
        self._parallel = execution.concurrency if isinstance(self._llm, AsyncLLM) else 1
        call = self._llm.agenerate if isinstance(self._llm, AsyncLLM) else self._llm.generate
        self._parameters = set(inspect.signature(call).parameters)
        self._runner, self._budget = asyncio.Runner(), Budget(execution, spec.model)

    def generate(self, requests: Sequence[Request], sink: Sink) -> None:
        """See Engine."""
        self._check(requests)
        self._open = {request.key: request for request in requests}
        try:
            self._runner.run(self._generate(deque(requests), sink))
        except OverBudget:
            raise self._budget.exceeded(list(self._open.values())) from None
        finally:
            self._budget.release()

    def close(self) -> None:
        """Unloads the model."""
        self._runner.close()
        self._llm.unload()
        self._budget.close()

    def _check(self, requests: Sequence[Request]) -> None:
        """Reports what such a class does not take, before the first call; an error where responses would mean nothing without it."""
        if any(request.choices for request in requests):
            remedy = "set verdicts.logprobs to false in params.yaml, or choose engine openai, vllm or transformers"
            raise EngineError(f"{self._name} gives no probabilities of choices, which the {self._role} needs: {remedy}")
        if any(request.schema for request in requests):
            self._report("takes no response schema: responses are checked on arrival, and sampled again if invalid")
        if any(request.logprobs for request in requests):
            self._report("gives no log-probabilities: they stay empty")

    def _report(self, fact: str) -> None:
        if fact not in self._reported:
            self._reported.add(fact)
            print(f"{self._role}: {self._name} {fact}", file=sys.stderr, flush=True)

    async def _generate(self, queue: deque[Request], sink: Sink) -> None:
        async def work() -> None:
            try:
                while queue:
                    await self._complete(queue.popleft(), sink)
            except BaseException:
                queue.clear()
                raise

        workers = [work() for _ in range(min(self._parallel, len(queue)))]
        for outcome in await asyncio.gather(*workers, return_exceptions=True):
            if outcome is not None:
                raise outcome

    async def _complete(self, request: Request, sink: Sink) -> None:
        amount = self._budget.max_cost(len(request.canonical), request.sampling.max_tokens)
        reserved = spent = await self._budget.acquire(amount)
        response, reason = None, "the response has no text"
        try:
            response = _response(await self._call(request), request)
        except Exception as error:
            reason = type(error).__name__
        finally:
            if response is not None:
                spent = self._budget.cost(request, response, reserved)
            self._budget.finish(reserved, spent)
        del self._open[request.key]
        if response is None:
            sink.fail(request, reason)
        else:
            sink.put([(request, response)])

    async def _call(self, request: Request) -> Any:
        messages = [{"role": role, "content": unicode_only(content)} for role, content in request.messages]
        sampling = request.sampling
        options: dict[str, Any] = {"temperature": sampling.temperature, "top_p": sampling.top_p}
        options |= dict.fromkeys(_MAX_TOKENS, sampling.max_tokens)
        options = {name: value for name, value in options.items() if name in self._parameters}
        if isinstance(self._llm, AsyncLLM):
            return await self._llm.agenerate(input=messages, **options)
        return self._llm.generate(inputs=[messages], num_generations=1, **options)[0]


def _imported(path: str) -> type[LLM]:
    module, _, name = path.rpartition(".")
    try:
        kind = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError):
        kind = None
    if not (isinstance(kind, type) and issubclass(kind, LLM)):
        what = f"engine {path} is not known: in params.yaml write transformers, vllm, openai"
        raise EngineError(f"{what}, or the import path of a distilabel LLM such as distilabel.models.llms.OpenAILLM")
    return kind


def _response(output: Any, request: Request) -> Response | None:
    text = output["generations"][0]
    if text is None:
        return None
    used = {name: (output["statistics"].get(name) or [0])[0] for name in ("input_tokens", "output_tokens")}
    cut = used["output_tokens"] >= request.sampling.max_tokens
    return Response(text, "length" if cut else "stop", used["input_tokens"], used["output_tokens"])

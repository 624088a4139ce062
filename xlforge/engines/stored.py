"""The LLM of every task: answers come from the response store, and only what it does not hold is asked of an engine.

Each answer is in the store before its row counts as done, so that a build that is killed has lost only what was in flight.
A build that the store can serve loads no engine: no weights are read and no endpoint is needed.
"""

from __future__ import annotations

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from distilabel.models.llms.base import LLM
from pydantic import Field, PrivateAttr

from xlforge.core.params import Model, Sampling
from xlforge.engines.engine import Engine, EngineError
from xlforge.engines.request import Request
from xlforge.engines.request import Sampling as Drawn
from xlforge.engines.revision import check, identity, lying_here
from xlforge.engines.sale import Sale, Tolerance, append, note
from xlforge.execution.runs import KEYS
from xlforge.execution.settings import Execution
from xlforge.execution.store import Store


class StoredLLM(LLM):
    """A model in a role.

    choices: the words that an answer is to be one of, see `xlforge.engines.request`.
    execution is resolved (see `xlforge.execution.environment.execution`) and, like ledger and label, leaves no trace in what distilabel
    writes about a pipeline. ledger: a JSON-lines file that gets one line for each `generate`, with what it cost. label:
    what the progress line calls this work.
    """

    role: str
    spec: Model
    sampling: Sampling = Sampling()
    logprobs: bool = False
    choices: tuple[str, ...] = ()
    execution: Execution = Field(default_factory=Execution, exclude=True)
    ledger: Path | None = Field(default=None, exclude=True)
    label: str = Field(default="", exclude=True)

    _store: Store | None = PrivateAttr(None)
    _engine: Engine | None = PrivateAttr(None)
    _drawn: Drawn = PrivateAttr(default_factory=Drawn)
    _tolerance: Tolerance = PrivateAttr(default_factory=lambda: Tolerance(1))

    @property
    def model_name(self) -> str:
        """The model's name, as params.yaml has it."""
        return self.spec.model

    def load(self) -> None:
        """Open the store and, where the weights lie in a folder, see that they are the ones params.yaml means."""
        super().load()
        weights = lying_here(self.spec)
        if weights is not None:
            check(weights)
        if self.execution.store is None:
            raise EngineError(
                "no store is set: pass the execution that xlforge.execution.environment.execution() resolves"
            )
        self._store = Store(self.execution.store)
        self._drawn = Drawn(**self.sampling.model_dump())
        self._tolerance = Tolerance(self.execution.failures)
        gc.freeze()  # else every full collection looks through all that is imported, and takes as long as a hundred rows

    def unload(self) -> None:
        """Let go of store and engine."""
        if self._engine is not None:
            self._engine.close()
        if self._store is not None:
            self._store.close()
        self._engine = self._store = None

    def generate(  # type: ignore[override]
        self,
        inputs: Sequence[Any],
        num_generations: int = 1,
        *,
        attempt: int = 0,
        schema: dict[str, Any] | None = None,
        ids: Sequence[str] | None = None,
        candidates: Sequence[int] | None = None,
    ) -> list[dict[str, Any]]:
        """Answer inputs (chat messages, or a string for one user message), `num_generations` candidates each.

        attempt: how often the same was asked before. ids: what errors call the rows. candidates: the number of each
        input's first candidate, 0 by default. Returns a GenerateOutput an input, with the lists generations (None where
        a request failed for good), finish_reason ("error: …" there) and logprob. Text is as the model gave it.
        Raises EngineError when too many requests failed, or when offline and an answer is missing.
        """
        asked = [
            [self._request(messages, first + number, attempt, schema) for number in range(num_generations)]
            for messages, first in zip(inputs, candidates or [0] * len(inputs), strict=True)
        ]
        if self._store is None:
            raise EngineError(f"the model of the {self.role} is not loaded: call load() first")
        sale = Sale(
            self._store,
            {request.key: request for row in asked for request in row},
            title=self.label or self.role,
            tolerance=self._tolerance,
        )
        try:
            if sale.missing:
                if self.execution.offline:
                    raise EngineError(self._missing(asked, sale.missing, ids))
                with sale:
                    for turn in sale.turns():
                        self._asked().ask(turn, sale)
        finally:
            if self.ledger is not None:
                append(self.ledger, {"role": self.role, "model": self.spec.model} | sale.record())
                note(self.ledger.with_name(KEYS), sale.wanted)
        return [sale.output(row) for row in asked]

    def _request(self, messages: Any, candidate: int, attempt: int, schema: dict[str, Any] | None) -> Request:
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        return Request(
            engine=self.spec.engine,
            model=self.spec.model,
            revision=identity(self.spec),
            messages=tuple((message["role"], message["content"]) for message in messages),
            sampling=self._drawn,
            schema=schema,
            logprobs=self.logprobs,
            candidate=candidate,
            attempt=attempt,
            choices=self.choices,
        )

    def _missing(self, asked: list[list[Request]], missing: list[Request], ids: Sequence[str] | None) -> str:
        keys = {request.key for request in missing}
        row = next(index for index, row in enumerate(asked) if any(request.key in keys for request in row))
        return (
            f"{self.label or self.role}: offline, and the store lacks {len(missing)} of the answers of {self.spec.model}, "
            f"first for row {ids[row] if ids else row}: {self._lacking()}. Fill the store (`xlforge store import`), or unset "
            "XLFORGE_OFFLINE to ask for them"
        )

    def _lacking(self) -> str:
        """Why an answer may be missing, as far as what the store holds tells."""
        held, revision = self._store.models() if self._store else {}, identity(self.spec)
        if count := held.get((self.spec.model, revision)):
            return (
                f"it holds {count} of this model at revision {revision}, so the prompt, the row's text, the sampling, the answer's "
                "schema or the number of the try is another"
            )
        others = sorted(str(other) for model, other in held if model == self.spec.model)
        if others:
            return f"it holds answers of this model at revision {', '.join(others)}, and params.yaml names {revision}"
        return f"it holds {sum(held.values())} answers, none of this model"

    def _asked(self) -> Engine:
        """The engine, made when it is first needed."""
        if self._engine is None:
            self._engine = engine(self.spec, self.role, self.execution)
        return self._engine


def engine(spec: Model, role: str, execution: Execution) -> Engine:
    """The engine that a model names. Its libraries are loaded here and not before."""
    if spec.engine == "transformers":
        from xlforge.engines.transformers import TransformersEngine

        return TransformersEngine(spec, execution)
    if spec.engine == "openai":
        from xlforge.execution.endpoint import EndpointEngine

        return EndpointEngine(spec, role, execution)
    if spec.engine == "vllm":
        from xlforge.execution.servers.engine import VllmEngine

        return VllmEngine(spec, role, execution)
    from xlforge.engines.foreign import ForeignEngine
    from xlforge.execution.within import within_budget

    return within_budget(ForeignEngine(spec, role, execution), spec, execution)

"""The LLM of every task, ours or distilabel's own: a model in a role, whose responses come through an answerer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from distilabel.models.llms.base import LLM
from pydantic import Field, PrivateAttr

from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.config.models import Sampling as Sampled
from xlforge.models.revision import identity
from xlforge.requests.request import Request, Sampling
from xlforge.steps.answerers import Answerer, Caller, Live, Reply

RETRY_TEMPERATURE = 0.5
"""Of the second and later tries where the first is greedy."""


class CachedLLM(LLM):  # type: ignore[misc]
    """A model in a role, described so that a step that holds it can be pickled; cache and engine are opened in `load`.

    Args:
        role: it names endpoint and key in the environment.
        stage: as dvc names it, `selection@de`.
        version: of the pipeline.
        choices: the words that a response is to be one of, see `xlforge.requests.response`.
        execution: resolved (see `xlforge.config.environment.execution`); it leaves no trace in what distilabel writes.
    """

    role: str
    spec: Model
    sampling: Sampled = Sampled()
    logprobs: bool = False
    choices: tuple[str, ...] = ()
    stage: str = ""
    version: str = ""
    execution: Execution = Field(default_factory=Execution, exclude=True)

    _answerer: Answerer | None = PrivateAttr(None)
    _own: bool = PrivateAttr(False)
    _last: list[list[Reply]] = PrivateAttr(default_factory=list)

    @property
    def model_name(self) -> str:
        """The model's name, as params.yaml has it."""
        return self.spec.model

    @property
    def caller(self) -> Caller:
        """Whose requests these are."""
        return Caller(self.role, self.spec, self.stage or self.role)

    def use(self, answerer: Answerer) -> None:
        """Take responses from an answerer that others share, in place of one of its own."""
        self._answerer, self._own = answerer, False

    def load(self) -> None:
        """Opens the answerer."""
        super().load()
        if self._answerer is None:
            self._answerer, self._own = Live(self.execution), True
        self._answerer.open(self.caller)

    def unload(self) -> None:
        """Closes the answerer where it is this model's own."""
        if self._own and self._answerer is not None:
            self._answerer.close()
            self._answerer = None

    def reply(self, rows: Sequence[tuple[str, Sequence[Request]]]) -> list[list[Reply]]:
        """The replies to the requests of each row, given with its id."""
        if self._answerer is None:
            raise RuntimeError(f"the model of the {self.role} is not loaded: call load() first")
        return self._answerer.reply(self.caller, rows)

    def request(
        self, messages: Any, *, candidate: int = 0, attempt: int = 0, schema: dict[str, Any] | None = None
    ) -> Request:
        """The request for chat messages, or for a string as one user message."""
        if isinstance(messages, str):
            messages = [{"role": "user", "content": messages}]
        return Request(
            engine=self.spec.engine,
            model=self.spec.model,
            revision=identity(self.spec),
            messages=tuple((message["role"], message["content"]) for message in messages),
            sampling=self._sampling(attempt),
            schema=schema,
            logprobs=self.logprobs,
            candidate=candidate,
            attempt=attempt,
            choices=self.choices,
            options=self.spec.identity,
        )

    def _sampling(self, attempt: int) -> Sampling:
        """How a try is sampled: one after a greedy response that could not be used must be able to differ from it."""
        sampling = Sampling(**self.sampling.model_dump())
        greedy_again = attempt > 0 and sampling.temperature == 0
        return replace(sampling, temperature=RETRY_TEMPERATURE) if greedy_again else sampling

    def generate(self, inputs: Sequence[Any], num_generations: int = 1) -> list[dict[str, Any]]:  # type: ignore[override]
        """What a stock distilabel task calls: `num_generations` candidates for each input, as GenerateOutputs.

        A generation is None where its response is missing, failed or did not end by itself; `take` tells the runner why.
        """
        rows = [
            (str(number), [self.request(messages, candidate=each) for each in range(num_generations)])
            for number, messages in enumerate(inputs)
        ]
        self._last += (replies := self.reply(rows))
        return [_output(row) for row in replies]

    def take(self) -> list[list[Reply]]:
        """The replies of every `generate` since the last `take`, in order."""
        taken, self._last = self._last, []
        return taken

    def call(self, step: str, prompt: str, reply: Reply, fault: str | None = None) -> dict[str, str | None]:
        """A call, as provenance has it."""
        served = reply.response.served if reply.response else None
        model = f"{self.spec.model}@{self.spec.revision}" if self.spec.revision else self.spec.model
        stage = self.stage.partition("@")[0]
        where = {"stage": stage, "version": self.version, "step": step, "model": model, "served": served}
        return {**where, "prompt": prompt, "key": reply.key, "fault": fault}


def _output(replies: list[Reply]) -> dict[str, Any]:
    responses = [reply.response for reply in replies]
    return {
        "generations": [r.text if r and r.finish_reason == "stop" else None for r in responses],
        "statistics": {
            "input_tokens": [r.tokens_in if r else 0 for r in responses],
            "output_tokens": [r.tokens_out if r else 0 for r in responses],
        },
    }

"""A step that calls a model once for each row. (distilabel reads annotations, so they are not postponed here.)

A row that cannot go on carries a mark under `reject` and every later step passes it by, so a row is never lost and never filled with
a default. A response that cannot be parsed is sampled again, with another seed, a set number of times; then the row is rejected with
the text that could not be parsed. The whole stage is one batch: concurrency belongs to the engine.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from distilabel.steps.base import StepInput
from distilabel.steps.tasks import Task

from xlforge.base.rows import Row, reject
from xlforge.steps.answerers import MISSING, Reply
from xlforge.steps.cached_llm import CachedLLM
from xlforge.steps.parsing import FINAL, LONGEST_TOKEN, ParseError, whole
from xlforge.steps.prompts import fingerprint, render, variables

__all__ = ["LONGEST_TOKEN", "WHOLE_STAGE", "LLMStep"]

WHOLE_STAGE = 1_000_000_000


class LLMStep(Task):  # type: ignore[misc]
    """A step whose inputs are the variables of its prompt, and whose `format_output` reads a response strictly, raising ParseError.

    Args:
        prompt: the jinja2 file.
        adds: the columns that `format_output` gives.
        tries: how often a response is sampled before the row is rejected.
        response_schema: the JSON schema that the response must follow, for engines that can constrain decoding to one.
        candidate: the column that tells equal requests apart.
        columns: where a variable of the prompt has another name than its column.
        choices: the words of which a response is to be one; a response that is cut after such a word is whole.
    """

    llm: CachedLLM
    prompt: Path
    adds: list[str]
    tries: int = 3
    response_schema: dict[str, Any] | None = None
    candidate: str | None = None
    columns: dict[str, str] = {}
    choices: tuple[str, ...] = ()
    input_batch_size: int = WHOLE_STAGE

    @property
    def inputs(self) -> list[str]:
        return sorted(self.columns.get(name, name) for name in variables(self.prompt))

    @property
    def outputs(self) -> list[str]:
        return self.adds

    def takes(self, row: Row) -> bool:
        """Whether this step calls the model for the row; others pass through unchanged."""
        return True

    def format_input(self, input: Row) -> list[dict[str, str]]:
        given = {name: input[self.columns.get(name, name)] for name in variables(self.prompt)}
        return [{"role": "user", "content": render(self.prompt, **given)}]

    def process(self, inputs: StepInput) -> Iterator[list[Row]]:
        yield self.call_all(inputs)

    def call_all(self, inputs: list[Row]) -> list[Row]:
        """The rows after their calls; those that are rejected keep their place."""
        out: list[Row] = list(inputs)
        numbers = [number for number, row in enumerate(out) if not row["reject"] and self.takes(row)]
        for attempt in range(self.tries):
            numbers = self._attempt(out, numbers, attempt)
            if not numbers:
                break
        return out

    def _attempt(self, out: list[Row], numbers: list[int], attempt: int) -> list[int]:
        """Calls once for the numbered rows of `out`, in place; the numbers of those that must be sampled again."""
        requests = [self._request(out[number], attempt) for number in numbers]
        replies = self.llm.reply(requests) if requests else []
        again = []
        for number, (reply,) in zip(numbers, replies, strict=True):
            try:
                out[number] = self.parsed(out[number], reply)
            except ParseError as fault:
                out[number] = self.with_call(out[number], reply, ": ".join(filter(None, fault.args)))
                if attempt + 1 < self.tries and fault.reason not in FINAL:
                    again.append(number)
                else:
                    text = reply.response.text if reply.response else ""
                    out[number] = {**out[number], "reject": reject(fault.reason, fault.detail, text)}
        return again

    def _request(self, row: Row, attempt: int) -> tuple[str, list[Any]]:
        candidate = row[self.candidate] if self.candidate else 0
        messages = self.format_input(row)
        request = self.llm.request(messages, candidate=candidate, attempt=attempt, schema=self.response_schema)
        return row["id"], [request]

    def parsed(self, row: Row, reply: Reply) -> Row:
        """The row with what the response gave it; rejected where there is none. Raises ParseError."""
        response = reply.response
        if response is None:
            reason, _, detail = reply.failure.partition(": ")
            mark = reject(reason, detail, reply.key if reason == MISSING else "")
            return {**self.with_call(row, reply, reply.failure), "reject": mark}
        whole(response, self.llm.sampling.max_tokens, self.choices)
        drawn = {"logprob": response.logprob, "tokens_out": response.tokens_out}
        return self.with_call({**row, **self.format_output(response.text, row | drawn)}, reply)

    def with_call(self, row: Row, reply: Reply, fault: str | None = None) -> Row:
        """The row with a call in its provenance."""
        call = self.llm.call(type(self).__name__, self.prompt_name(row), reply, fault)
        return {**row, "provenance": [*row.get("provenance", []), call]}

    def prompt_name(self, row: Row) -> str:
        """The prompt as provenance names it: `file@fingerprint`."""
        return f"{self.prompt.stem}@{fingerprint(self.prompt)}"

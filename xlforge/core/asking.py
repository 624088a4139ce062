"""Steps of a pipeline: ask a model about each row, or work on each row; and how a row is set aside.

A row that cannot go on carries a mark under `reject` and every later step passes it by, so a row is never lost and never default-filled.
An answer that cannot be read is asked for again, with another seed, a set number of times; then the row is set aside with
the words that could not be read. The whole stage is one batch: concurrency belongs to the engine.

distilabel fills in None where a step raises, and goes on. Here the error is written down for the stage, which then fails with it.
"""

import shutil
import traceback
from abc import abstractmethod
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
from distilabel.steps import Step
from distilabel.steps.base import StepInput
from distilabel.steps.tasks import Task

from xlforge.core.errors import BuildError
from xlforge.core.prompts import fingerprint, render, variables
from xlforge.core.rows import reject
from xlforge.execution import cores

Row = dict[str, Any]
WHOLE_STAGE = 1_000_000_000
_TROUBLE = "trouble.txt"
LONGEST_TOKEN = 32
"""Characters a token may stand for: an answer that is longer than its tokens allow ignored the bound it was given."""


class Unread(ValueError):
    """An answer that cannot be used: a reason in snake_case, and what is wrong in words."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


def plain_text(text: str) -> str:
    """The words of an answer that should be prose; Unread if they are none, or hold what no writer writes."""
    words = text.strip()
    if not words:
        raise Unread("empty")
    odd = next((char for char in words if char in "\0�" or 0xD800 <= ord(char) < 0xE000), None)
    if odd is not None:
        raise Unread("broken_characters", f"U+{ord(odd):04X} at {words.index(odd)}")
    return words


def raise_trouble(folder: Path) -> None:
    """Raises what a step left behind in the folder of this run, if anything."""
    path = folder / _TROUBLE
    if path.exists():
        raise BuildError(path.read_text(encoding="utf-8") or untold(folder))


def untold(folder: Path) -> str:
    """What to tell where a step could not leave word of what stopped it."""
    free = shutil.disk_usage(folder).free >> 20
    return (
        f"a step ended and could not write why: see that there is room where {folder} lies ({free} MB are free), and run "
        "again; what was bought is in the store"
    )


def _guarded(folder: str, inputs: list[Row], work: Callable[[list[Row]], list[Row]]) -> list[Row]:
    """The work's rows; or the rows as they came, set aside, and the error left for the stage to raise."""
    path = Path(folder) / _TROUBLE
    if not path.exists():
        try:
            return work(inputs)
        except Exception as error:
            told = str(error) if isinstance(error, BuildError) else traceback.format_exc()
            path.write_text(told, encoding="utf-8", errors="backslashreplace")
    return [{**row, "reject": row["reject"] or reject("", "stopped")} for row in inputs]


class Each(Step):  # type: ignore[misc]
    """A step that works on one row at a time, on all cores: `work` returns what becomes of the row, and does nothing else.

    reads, adds: the columns it needs and makes. folder: of this run.
    """

    folder: str
    reads: list[str] = []
    adds: list[str] = []
    input_batch_size: int = WHOLE_STAGE

    @property
    def inputs(self) -> list[str]:
        return self.reads

    @property
    def outputs(self) -> list[str]:
        return self.adds

    @abstractmethod
    def work(self, row: Row) -> Row | list[Row]:
        """The row with its new columns (or several rows); a `reject` mark sets it aside."""

    def process(self, inputs: StepInput) -> Iterator[list[Row]]:
        yield _guarded(self.folder, inputs, self._all)

    def _all(self, inputs: list[Row]) -> list[Row]:
        made = cores.each(lambda row: row if row["reject"] else self.work(row), inputs, type(self).__name__.lower())
        return [row for each in made for row in (each if isinstance(each, list) else [each])]


class Ask(Task):  # type: ignore[misc]
    """A step that asks a model one thing about each row.

    Its inputs are the variables of its prompt; `format_output` reads the answer strictly, raising Unread.
    stage, version: of the pipeline, for provenance. prompt: the jinja2 file. adds: the columns that `format_output` gives.
    tries: how often an answer is asked for before the row is set aside. answer_schema: the JSON schema the answer must
    follow, for engines that can constrain decoding to one. candidate: the column that tells equal requests apart.
    columns: where a variable of the prompt has another name than its column.
    """

    folder: str
    stage: str
    version: str
    prompt: Path
    adds: list[str]
    tries: int = 3
    answer_schema: dict[str, Any] | None = None
    candidate: str | None = None
    columns: dict[str, str] = {}
    input_batch_size: int = WHOLE_STAGE

    @property
    def inputs(self) -> list[str]:
        return sorted(self.columns.get(name, name) for name in variables(self.prompt))

    @property
    def outputs(self) -> list[str]:
        return self.adds

    def takes(self, row: Row) -> bool:
        """Whether this step asks about the row; others pass through unchanged."""
        return True

    def format_input(self, input: Row) -> list[dict[str, str]]:
        asked = {name: input[self.columns.get(name, name)] for name in variables(self.prompt)}
        return [{"role": "user", "content": render(self.prompt, **asked)}]

    def process(self, inputs: StepInput) -> Iterator[list[Row]]:
        yield _guarded(self.folder, inputs, self._all)

    def _all(self, inputs: list[Row]) -> list[Row]:
        out: list[Row] = list(inputs)
        open_rows = [number for number, row in enumerate(out) if not row["reject"] and self.takes(row)]
        for attempt in range(self.tries):
            open_rows = self._attempt(out, open_rows, attempt)
            if not open_rows:
                break
        return out

    def _attempt(self, out: list[Row], numbers: list[int], attempt: int) -> list[int]:
        """Asks once about the numbered rows of `out`, in place; the numbers of those that must be asked again."""
        if not numbers:
            return []
        asked = [out[number] for number in numbers]
        answers = self.llm.generate_outputs(
            inputs=[self.format_input(row) for row in asked],
            attempt=attempt,
            schema=self.answer_schema,
            ids=[row["id"] for row in asked],
            candidates=[row[self.candidate] if self.candidate else 0 for row in asked],
        )
        again = []
        for number, row, answer in zip(numbers, asked, answers, strict=True):
            text, finish = answer["generations"][0], answer["finish_reason"][0]
            if text is None:
                out[number] = {**row, "reject": reject(self.stage, "no_answer", finish)}
                continue
            try:
                if finish == "length":
                    raise Unread("cut_off", f"at {self.llm.sampling.max_tokens} tokens")
                if len(text) > LONGEST_TOKEN * self.llm.sampling.max_tokens:
                    raise Unread(
                        "too_long", f"{len(text)} characters, against {self.llm.sampling.max_tokens} tokens allowed"
                    )
                drawn = {"logprob": answer["logprob"][0], "tokens_out": answer["statistics"]["output_tokens"][0]}
                made = self.format_output(text, row | drawn)
            except Unread as fault:
                if attempt + 1 < self.tries:
                    again.append(number)
                else:
                    out[number] = {**row, "reject": reject(self.stage, fault.reason, fault.detail, text)}
                continue
            out[number] = {**row, **made, "provenance": [*row.get("provenance", []), self.made_by()]}
        return again

    def made_by(self) -> dict[str, str]:
        """This step, as rows remember it."""
        spec = self.llm.spec
        model = f"{spec.model}@{spec.revision}" if spec.revision else spec.model
        prompt = f"{self.prompt.stem}@{fingerprint(self.prompt)}"
        return {"stage": self.stage, "version": self.version, "model": model, "prompt": prompt}


class Keep(Step):  # type: ignore[misc]
    """The end of every pipeline: the rows go to a file of the stage's run, types intact."""

    path: str
    input_batch_size: int = WHOLE_STAGE

    @property
    def inputs(self) -> list[str]:
        return ["id"]

    @property
    def outputs(self) -> list[str]:
        return ["kept"]

    def process(self, inputs: StepInput) -> Iterator[list[Row]]:
        path = Path(self.path)
        with path.with_suffix(".part").open("wb") as file:
            for row in inputs:
                file.write(orjson.dumps(row) + b"\n")
        path.with_suffix(".part").rename(path)
        yield [{"kept": len(inputs)}]

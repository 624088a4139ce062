"""The calls behind a row: its stage's own code is run on its inputs once more, with a model that only remembers.

So each request is made by the code that made it when the row was built, with the parameters that dvc.lock says it was built with, and
its key finds the words in the response store. Nothing is asked, loaded or written: what the store does not hold is told as missing.
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import polars as pl
import yaml
from distilabel.models.llms.base import LLM
from distilabel.steps import LoadDataFromDicts
from pydantic import PrivateAttr

from xlforge.base.errors import BuildError
from xlforge.base.rows import Row
from xlforge.cache import Cache
from xlforge.config import params
from xlforge.config.params import Config
from xlforge.lineage.chain import Link
from xlforge.lineage.tables import Tables
from xlforge.requests.request import Request
from xlforge.requests.request import Sampling as Drawn
from xlforge.requests.response import Response
from xlforge.stage.stage import Stage
from xlforge.steps.llm_step import LLMStep
from xlforge.steps.parsing import ParseError
from xlforge.steps.prompts import fingerprint
from xlforge.steps.stored import CachedLLM

_UNSOLD = "the store does not hold it"


@dataclass
class Call:
    """One request and what came of it. prompt: `file@fingerprint`, or None where the row's own words were sent.

    answer: None where the store does not hold it. read: what the step made of the words; fault: why it could not use them.
    """

    id: str
    step: str
    role: str
    prompt: str | None
    request: Request
    answer: Response | None
    read: Row | None = None
    fault: str | None = None


@dataclass
class Replayed:
    """The calls of one stage, and what kept them from being told, if anything did."""

    calls: list[Call] = field(default_factory=list)
    note: str | None = None


class Recalling(CachedLLM):
    """A model in its role that answers what the store holds, fails the rest, and keeps what it was asked."""

    _calls: list[Call] = PrivateAttr(default_factory=list)
    _step: str = PrivateAttr("")
    _prompt: str | None = PrivateAttr(None)

    def load(self) -> None:
        """Nothing is loaded: neither weights nor an endpoint."""
        LLM.load(self)
        self._drawn = Drawn(**self.sampling.model_dump())

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
        """See CachedLLM; one generation an input, as every step asks."""
        assert self._store is not None
        numbers = candidates or [0] * len(inputs)
        asked = [
            self._request(messages, number, attempt, schema) for messages, number in zip(inputs, numbers, strict=True)
        ]
        held = self._store.get_many({request.key for request in asked})
        answers = [held.get(request.key) for request in asked]
        for row_id, request, answer in zip(ids or [""] * len(asked), asked, answers, strict=True):
            self._calls.append(Call(row_id, self._step, self.role, self._prompt, request, answer))
        return [_told(answer) for answer in answers]


def _told(answer: Response | None) -> dict[str, Any]:
    tokens = {
        "input_tokens": [answer.tokens_in if answer else 0],
        "output_tokens": [answer.tokens_out if answer else 0],
    }
    return {
        "generations": [answer.text if answer else None],
        "finish_reason": [answer.finish_reason if answer else _UNSOLD],
        "logprob": [answer.logprob if answer else None],
        "statistics": tokens,
    }


class Replay(Stage):
    """A stage's run on the inputs of a few rows, which asks nobody and delivers nothing.

    where: which of the earlier stages' rows are its inputs. only: which of the rows that the stage makes of them are asked about.
    """

    def __init__(self, link: Link, config: Config, folder: Path, store: Cache) -> None:
        super().__init__(link.stage, link.item, config, folder)
        self.calls: list[Call] = []
        self.where: pl.Expr = pl.lit(True)
        self.only: tuple[str, str] | None = None
        self._tables, self._store = Tables(), store

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def rows(self, stage: str, item: str | None = None) -> pl.DataFrame:
        scan = self._tables.scan(stage, item)
        if scan is None:
            raise BuildError(f"data/{'/'.join(filter(None, [stage, item]))}/rows.parquet is missing")
        return scan.filter(self.where).collect()

    def run(self, rows: list[Row]) -> list[Row]:
        """Asks the store what the pipeline asks a model; returns nothing, so that nothing is made of it."""
        column, wanted = self.only or ("id", None)
        rows = [row for row in rows if wanted is None or row[column] == wanted]
        pipeline = self.module("pipeline").pipeline(self, [{**row, "reject": None} for row in rows]) if rows else None
        steps: list[Any] = [pipeline.dag.get_step(name)["step"] for name in pipeline.dag] if pipeline else []
        last = max((number for number, step in enumerate(steps) if isinstance(step, LLMStep)), default=-1)
        for step in steps[: last + 1]:
            if isinstance(step, LoadDataFromDicts):
                rows = step.data
                continue
            if isinstance(step, LLMStep):
                self._listen(step)
            rows = step._all(rows)
            for call in self.calls:
                call.fault = call.fault or _unread(call)
        return []

    def deliver(self, *_: Any, **__: Any) -> None:
        """Nothing is delivered."""

    def _listen(self, step: LLMStep) -> None:
        """From now on the step asks a model that remembers, and what it reads in an answer is kept beside the call."""
        asked: Any = step.llm
        kept = {name: getattr(asked, name) for name in ("role", "spec", "sampling", "logprobs", "choices", "execution")}
        llm = Recalling(**kept)
        llm.load()
        llm._store, llm._calls, llm._step = self._store, self.calls, type(step).__name__
        llm._prompt = f"{step.prompt.stem}@{fingerprint(step.prompt)}" if step.prompt.is_file() else None
        step.llm = llm
        read = step.format_output

        def overheard(output: str | None, input: Row | None = None) -> dict[str, Any]:
            call = next((call for call in self.calls if _awaits(call, output or "")), None)
            try:
                made: dict[str, Any] = read(output, input) if input is not None else read(output)
            except ParseError as fault:
                if call:
                    call.fault = ": ".join(filter(None, fault.args))
                raise
            if call:
                call.read = made
            return made

        object.__setattr__(step, "format_output", overheard)


def _awaits(call: Call, output: str) -> bool:
    """Whether the words that a step reads are this call's; a step may cut an answer short before it reads it."""
    if call.answer is None or call.read is not None or call.fault is not None:
        return False
    return call.answer.text == output or (bool(output) and call.answer.text.startswith(output))


def _unread(call: Call) -> str | None:
    """Why a step never looked at an answer: it ignored or reached the bound that it was given."""
    if call.answer is None or call.read is not None:
        return None
    return "cut_off" if call.answer.finish_reason == "length" else "too_long"


def as_built(stage: str, lock: dict[str, Any]) -> dict[str, Any]:
    """All blocks of params.yaml, as they were for a stage (as dvc names it) when it last ran: dvc.lock keeps those that it tracks."""
    raw = yaml.safe_load(params.PARAMS.read_text(encoding="utf-8"))
    for dotted, value in lock.get("stages", {}).get(stage, {}).get("params", {}).get("params.yaml", {}).items():
        place = raw
        *parents, last = dotted.split(".")
        for part in parents:
            place = place.setdefault(part, {})
        place[last] = value
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "params.yaml")
        path.write_text(yaml.safe_dump(raw, sort_keys=False), encoding="utf-8")
        try:
            return params.load(path)
        except params.ParamsError as error:
            raise BuildError(
                str(error).replace(str(path), "params.yaml, with what dvc.lock says of this stage,")
            ) from None


def replayed(link: Link, root: str, lock: dict[str, Any], store: Cache, tables: Tables) -> Replayed:
    """The calls that a stage made for one link of a row's way, in the order they were made."""
    try:
        config = as_built(link.name, lock)
        if link.stage == "answers" and config.models[link.item].file:
            return Replayed(note=f"its words come from the file {config.models[link.item].file}; no model was asked")
        if link.stage == "verdicts" and config.block("verdicts").judge == "embedded":
            return Replayed()
        with tempfile.TemporaryDirectory() as folder:
            replay = Replay(link, config, Path(folder), store)
            replay.where, replay.only = _inputs(link, root, tables)
            importlib.import_module(f"stages.{link.stage}").work(replay)
    except (BuildError, KeyError, OSError) as error:
        return Replayed(note=f"its calls cannot be told: {error}")
    return Replayed(replay.calls)


def _inputs(link: Link, root: str, tables: Tables) -> tuple[pl.Expr, tuple[str, str] | None]:
    """Which rows of earlier stages a link was made from, and which of those that the stage then makes are meant."""
    if link.stage == "selection":
        return pl.col("answer_id") == root, None
    if link.stage != "verdicts":
        return pl.col("id") == root, None
    # A judgement's control question is another prompt of the same set and language.
    prompt = tables.find(pl.col("id") == root, "benchmark")[0]
    return (pl.col("set") == prompt["set"]) & (pl.col("language") == prompt["language"]), ("prompt_row", root)

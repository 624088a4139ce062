"""A stage rehearsed: its own work and pipeline in this process, on the answers that the store holds, and nothing bought or delivered.

What it asks is what the stage would ask, to the byte, so what the store lacks is counted exactly. A row that lacks an answer
goes on as a stand-in: what it would be asked next is an estimate and counted apart. The rows that lack nothing are the
rows that the stage would deliver, so later stages are rehearsed on them.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson
import polars as pl
from distilabel.steps import GeneratorStep
from pydantic import PrivateAttr

from xlforge.base.files import write_parquet
from xlforge.base.frames import split
from xlforge.base.rows import Row
from xlforge.cache import Cache
from xlforge.config.params import Config
from xlforge.requests.request import Request
from xlforge.requests.request import Sampling as Drawn
from xlforge.stage.stage import DATA, Stage
from xlforge.steps.asking import raise_trouble
from xlforge.steps.llm_step import LLMStep
from xlforge.steps.sale import Sale, Tolerance
from xlforge.steps.stored import CachedLLM

if TYPE_CHECKING:
    from distilabel.pipeline import Pipeline

UNBOUGHT = "not bought yet"
_ANSWER = 200


class NotThere(Exception):
    """Rows that a stage reads are still to be made, and by nothing that could be rehearsed."""


@dataclass
class Asked:
    """Calls to one model that allow an answer of `most` tokens each: how many, and the characters of their prompts."""

    calls: int = 0
    characters: int = 0


@dataclass
class Counted:
    """What a rehearsal found.

    rows_in: rows read; expected: ids to deliver; rows_out: rows that lack nothing; waiting: rows that lack an answer.
    asks: everything asked, of which `waiting_asks` for rows that wait; held: what the store answered.
    missing, after: by (model, most), what is not held; `after` is asked of stand-ins, so an estimate.
    """

    rows_in: int = 0
    expected: int = 0
    rows_out: int = 0
    waiting: int = 0
    held: int = 0
    asks: int = 0
    waiting_asks: int = 0
    missing: dict[tuple[str, int], Asked] = field(default_factory=dict)
    after: dict[tuple[str, int], Asked] = field(default_factory=dict)


class Tally:
    """Counts the requests of one stage. seen: keys that were counted before, in any stage: a row is bought once."""

    def __init__(self, store: Cache, seen: set[str]) -> None:
        self.store, self.seen, self.counted = store, seen, Counted()
        self.waiting: dict[str, str] = {}
        self.stand_ins: set[str] = set()
        self.written: list[int] = []
        self._mine: dict[str, set[str]] = {}

    def add(self, rows: Sequence[tuple[str, Sequence[Request]]], missing: set[str]) -> None:
        """Requests by the id of their row."""
        for row, requests in rows:
            for request in requests:
                first = request.key not in self._mine
                self._mine.setdefault(request.key, set()).add(row)
                if not first:
                    continue
                self.counted.asks += 1
                if request.key not in missing:
                    self.counted.held += 1
                elif request.key not in self.seen:
                    self.seen.add(request.key)
                    kind = self.counted.after if row in self.stand_ins else self.counted.missing
                    asked = kind.setdefault((request.model, request.sampling.max_tokens), Asked())
                    asked.calls += 1
                    asked.characters += sum(len(text) for _, text in request.messages)
            lacking = next((request.key for request in requests if request.key in missing), None)
            if lacking is not None:
                self.waiting[row] = lacking

    def close(self) -> Counted:
        """The counts, once everything was asked."""
        self.counted.waiting_asks = sum(not rows.isdisjoint(self.waiting) for rows in self._mine.values())
        return self.counted

    def stand_in(self, row: str) -> str:
        """Text as long as the answers that the store gave, in the place of one that it lacks; the same for the same request."""
        length = sum(self.written) // len(self.written) if self.written else _ANSWER
        return (self.waiting[row] * (length // 64 + 1))[:length]


class Unbought(CachedLLM):
    """A CachedLLM that buys nothing: what the store lacks, it does not answer."""

    _tally: Tally = PrivateAttr()

    @classmethod
    def instead_of(cls, llm: CachedLLM, tally: Tally) -> Unbought:
        """The same model in the same role, so that it asks the same requests."""
        made = cls(**{name: getattr(llm, name) for name in CachedLLM.model_fields})
        made._drawn, made._tally = Drawn(**llm.sampling.model_dump()), tally
        return made

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
        """As CachedLLM.generate; what is missing has failed with UNBOUGHT."""
        asked = [
            [self._request(messages, first + number, attempt, schema) for number in range(num_generations)]
            for messages, first in zip(inputs, candidates or [0] * len(inputs), strict=True)
        ]
        wanted = {request.key: request for row in asked for request in row}
        sale = Sale(self._tally.store, wanted, self.role, Tolerance(math.inf))  # type: ignore[arg-type]
        for request in sale.missing:
            sale.fail(request, UNBOUGHT)
        names = ids or [str(number) for number in range(len(asked))]
        self._tally.add(list(zip(names, asked, strict=True)), {request.key for request in sale.missing})
        outputs = [sale.output(row) for row in asked]
        self._tally.written += [len(text) for output in outputs for text in output["generations"] if text]
        return outputs


class Rehearsal(Stage):
    """A Stage that reads the rows as they will be, and delivers its own into a scratch folder.

    ahead: by stage, where the rows of stages that are to run were rehearsed; None where they could not be.
    """

    def __init__(self, name: str, config: Config, folder: Path, ahead: dict[str, Path | None], tally: Tally) -> None:
        stage, _, item = name.partition("@")
        super().__init__(stage, item or None, config, folder)
        self.ahead, self.tally = ahead, tally

    @property
    def out(self) -> Path:
        return self.folder / "out"

    def rows(self, stage: str, item: str | None = None) -> pl.DataFrame:
        name = f"{stage}@{item}" if item else stage
        path = self.ahead.get(name, DATA / stage / (item or "") / "rows.parquet")
        if path is None or not path.exists():
            raise NotThere(name)
        rows = pl.read_parquet(path)
        self.record.rows_in += len(rows)
        return rows

    def run(self, rows: list[Row]) -> list[Row]:
        if not rows:
            return []
        made = self._walk(self.module("pipeline").pipeline(self, [{**row, "reject": None} for row in rows]))
        return [orjson.loads(orjson.dumps(row)) for row in made]

    def run_pipeline(self, pipeline: Pipeline) -> None:
        self._walk(pipeline)

    def deliver(self, made: list[Row], expected: Any, metrics: Any = None) -> None:
        self.deliver_frames(*split(made, self.schema.Rows), expected, metrics)

    def deliver_frames(
        self, rows: pl.DataFrame, rejects: pl.DataFrame, expected: Any, metrics: Any = None, among: int | None = None
    ) -> None:
        counted = self.tally.counted
        counted.rows_in, counted.expected, counted.rows_out = self.record.rows_in, len(expected), len(rows)
        counted.waiting = rejects.filter(pl.col("detail").str.contains(UNBOUGHT, literal=True)).height
        write_parquet(rows, self.out / "rows.parquet")

    def _walk(self, pipeline: Pipeline) -> list[Row]:
        """The pipeline's rows, step by step. Rows that wait stand in at the steps that ask, and pass the others by."""
        rows: list[Row] = []
        waiting: dict[str, Row] = {}
        standing: dict[str, Row] = {}
        for name in pipeline.dag:
            step = pipeline.dag.get_step(name)["step"]
            if isinstance(step, GeneratorStep):
                rows = next(iter(step.process()))[0]
                continue
            if isinstance(step, LLMStep):
                step.llm = Unbought.instead_of(step.llm, self.tally)
                self.tally.stand_ins = set(standing)
                made = next(iter(step.process([*rows, *standing.values()])))
            else:
                made = next(iter(step.process(rows)))
            raise_trouble(self.folder)
            for row in [row for row in made if row["reject"] and UNBOUGHT in row["reject"]["detail"]]:
                waiting.setdefault(row["id"], row)
                stand_in = self.tally.stand_in(row["id"])
                words = {column: stand_in for column in step.adds if not row.get(column)}
                standing[row["id"]] = {**row, **words, "reject": None}
            rows = [row for row in made if row["id"] not in waiting]
        return [*rows, *waiting.values()]


def rehearse(name: str, config: Config, folder: Path, ahead: dict[str, Path | None], tally: Tally) -> Counted:
    """What a stage would ask, and into `folder`/out the rows that it would deliver as far as they are known.

    Raises NotThere, and BuildError for what the stage itself would stop at.
    """
    folder.mkdir(parents=True)
    build = Rehearsal(name, config, folder, ahead, tally)
    importlib.import_module(f"stages.{build.stage}").work(build)
    return tally.close()

"""The one loop that runs a pipeline, in this process, for a build and for a plan alike.

distilabel's own `run()` starts a process a step and moves rows through queues. Here each step, in topological order, is loaded, gets all
rows, and is unloaded. What the loop does not support (a second yield, routing) it refuses; joins without `*inputs` distilabel refuses.
A step of ours and a stock distilabel task are treated alike: responses come through the answerer, calls go into provenance, and a row
without a usable response is rejected.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import networkx as nx
from distilabel.steps import GeneratorStep

from xlforge.base.errors import BuildError
from xlforge.base.rows import Row, reject
from xlforge.steps.answerers import MISSING, Answerer, Caller, Reply
from xlforge.steps.cached_llm import CachedLLM
from xlforge.steps.dry import Dry, stand_in, waits
from xlforge.steps.llm_step import LLMStep
from xlforge.steps.parsing import ParseError, whole

if TYPE_CHECKING:
    from distilabel.pipeline import Pipeline


def run(pipeline: Pipeline, answerer: Answerer) -> list[Row]:
    """The rows that the last step of a pipeline gives, rejected ones among them.

    Raises:
        BuildError: the pipeline does what this loop does not support, or a step cannot go on.
    """
    pipeline._set_runtime_parameters({})
    pipeline.dag.validate()
    names = list(nx.topological_sort(pipeline.dag.G))
    ends = [name for name in names if not list(pipeline.dag.get_step_successors(name))]
    if len(ends) != 1:
        raise BuildError(f"the pipeline {pipeline.name} ends in {', '.join(ends)}: join them into one step")
    steps = {name: pipeline.dag.get_step(name)["step"] for name in names}
    last_use = {caller: name for name in names if (caller := _caller(steps[name])) is not None}
    rows: dict[str, list[Row]] = {}
    columns: list[str] = []
    for name in names:
        before = [_own(pipeline, each, rows[each]) for each in pipeline.dag.get_step_predecessors(name)]
        _refuse_routing(pipeline, name)
        rows[name] = _run_step(steps[name], before, answerer, columns)
        columns += [] if isinstance(steps[name], GeneratorStep) else steps[name].outputs
        caller = _caller(steps[name])
        if caller is not None and last_use[caller] == name:
            answerer.release(caller)
    return rows[ends[0]]


def _own(pipeline: Pipeline, name: str, rows: list[Row]) -> list[Row]:
    """A step's rows for one of its successors; where there are several, none sees what another changes."""
    shared = len(list(pipeline.dag.get_step_successors(name))) > 1
    return [dict(row) for row in rows] if shared else rows


def _caller(step: Any) -> Caller | None:
    llm = getattr(step, "llm", None)
    return llm.caller if isinstance(llm, CachedLLM) else None


def _refuse_routing(pipeline: Pipeline, name: str) -> None:
    if pipeline.dag.get_step(name).get("routing_batch_function") is not None:
        raise BuildError(f"{pipeline.name}.{name}: routing is not supported: let the step pass rows by instead")


def callers(pipeline: Pipeline) -> list[Caller]:
    """Whose requests a pipeline makes: one entry for each step that calls a model."""
    steps = (pipeline.dag.get_step(name)["step"] for name in pipeline.dag)
    return [caller for step in steps if (caller := _caller(step)) is not None]


def _run_step(step: Any, before: list[list[Row]], answerer: Answerer, columns: list[str]) -> list[Row]:
    """What a step gives. columns: those that the steps before it give."""
    llm = getattr(step, "llm", None)
    if isinstance(llm, CachedLLM):
        llm.use(answerer)
    elif llm is not None:
        raise BuildError(
            f"the step {step.name} has an LLM of its own, whose responses would not be cached: give it llm=context.llm(ROLE, SAMPLING)"
        )
    step.load()
    try:
        if isinstance(step, GeneratorStep):
            return [row for made, _ in _until_last(step) for row in made]
        if llm is None:
            return _only(step, before)
        return _dry(step, before, answerer, columns) if isinstance(answerer, Dry) else _called(step, before)
    finally:
        step.unload()


def _until_last(step: GeneratorStep) -> Iterator[tuple[list[Row], bool]]:
    for rows, last in step.process_applying_mappings():
        yield rows, last
        if last:
            return


def _only(step: Any, before: list[list[Row]]) -> list[Row]:
    """What a step yields, which must be once."""
    yielded = step.process_applying_mappings(*before)
    rows: list[Row] = next(yielded, [])
    if next(yielded, None) is not None:
        raise BuildError(
            f"the step {step.name} yields a second time, and a step here gets all rows at once: yield them together"
        )
    return rows


def _called(step: Any, before: list[list[Row]]) -> list[Row]:
    return _only(step, before) if isinstance(step, LLMStep) else _stock(step, before)


def _dry(step: Any, before: list[list[Row]], dry: Dry, columns: list[str]) -> list[Row]:
    """The same in a plan: rows that wait stay as they are, and their stand-ins show what the step would call its model for."""
    made = _called(step, [[row for row in rows if not waits(row)] for rows in before])
    waiting = [[row for row in rows if waits(row)] for rows in before]
    if any(waiting):
        with dry.stand_ins():
            _called(step, [[stand_in(row, columns) for row in rows] for rows in waiting])
    return [*made, *(row for rows in waiting for row in rows)]


def _stock(step: Any, before: list[list[Row]]) -> list[Row]:
    """A stock distilabel task over the rows that are not rejected: cached, traced, rejected like a step of ours."""
    rows, aside = before[0], [row for row in before[0] if row.get("reject")]
    open_rows = [row for row in rows if not row.get("reject")]
    made = _only(step, [open_rows]) if open_rows else []
    replies = step.llm.take()
    grouped = len(made) == len(open_rows)
    per_row = replies if grouped else [[reply] for row in replies for reply in row]
    if len(per_row) != len(made):
        raise BuildError(
            f"the task {step.name} gave {len(made)} rows for {len(per_row)} responses: use a step of its own for it"
        )
    out = [_stocked(step, row, calls) for row, calls in zip(made, per_row, strict=True)]
    return [*out, *aside]


def _stocked(step: Any, row: Row, replies: list[Reply]) -> Row:
    name = type(step).__name__
    faults = [_why_unusable(reply, step.llm.sampling.max_tokens) for reply in replies]
    calls = [step.llm.call(name, name, reply, fault) for reply, fault in zip(replies, faults, strict=True)]
    row = {**row, "provenance": [*row.get("provenance", []), *calls]}
    for reply, fault in zip(replies, faults, strict=True):
        if fault is not None:
            text = reply.response.text if reply.response else reply.key if fault == MISSING else ""
            return {**row, "reject": reject(fault, reply.failure.partition(": ")[2], text)}
    return row


def _why_unusable(reply: Reply, max_tokens: int) -> str | None:
    if reply.response is None:
        return reply.failure.partition(": ")[0]
    try:
        whole(reply.response, max_tokens)
    except ParseError as fault:
        return fault.reason
    return None

"""The one loop that runs a pipeline, in this process, for a build and for a plan alike.

distilabel's own `run()` starts a process a step and moves rows through queues. Here each step, in topological order, is loaded, gets all
rows, and is unloaded. What the loop does not support (a second yield, routing, joins that take one input) it refuses.
A step of ours and a stock distilabel task are treated alike: responses come through the answerer, calls go into provenance, and a row
without a usable response is rejected.
"""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import networkx as nx
from distilabel.steps import GeneratorStep

from xlforge.base.errors import BuildError
from xlforge.base.rows import Row, reject
from xlforge.steps.answerers import MISSING, Answerer, Caller, Reply
from xlforge.steps.cached_llm import CachedLLM
from xlforge.steps.llm_step import LLMStep

if TYPE_CHECKING:
    from distilabel.pipeline import Pipeline

_STAND_IN = 200
"""Characters of a stand-in's text where no response of the stage is known."""


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
    for name in names:
        before = [rows[each] for each in pipeline.dag.get_step_predecessors(name)]
        _refuse_routing(pipeline, name, len(before))
        rows[name] = _run_step(steps[name], before, answerer)
        caller = _caller(steps[name])
        if caller is not None and last_use[caller] == name:
            answerer.release(caller)
    return rows[ends[0]]


def _caller(step: Any) -> Caller | None:
    llm = getattr(step, "llm", None)
    return llm.caller if isinstance(llm, CachedLLM) else None


def _refuse_routing(pipeline: Pipeline, name: str, joined: int) -> None:
    entry = pipeline.dag.get_step(name)
    if entry.get("routing_batch_function") is not None:
        raise BuildError(f"{pipeline.name}.{name}: routing is not supported: let the step pass rows by instead")
    kinds = {each.kind for each in inspect.signature(entry["step"].process).parameters.values()}
    if joined > 1 and inspect.Parameter.VAR_POSITIONAL not in kinds:
        raise BuildError(f"{pipeline.name}.{name}: it joins {joined} steps, so its process must take *inputs")


def _run_step(step: Any, before: list[list[Row]], answerer: Answerer) -> list[Row]:
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
        if isinstance(step, LLMStep):
            return _with_stand_ins(step, _only(step, before)) if answerer.dry else _only(step, before)
        if llm is not None:
            return _stock(step, before, answerer)
        if answerer.dry:
            waiting = [row for row in before[0] if row.get("stand_in")]
            return [*_only(step, [[row for row in rows if not row.get("stand_in")] for rows in before]), *waiting]
        return _only(step, before)
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


def _stock(step: Any, before: list[list[Row]], answerer: Answerer) -> list[Row]:
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
    return [*(_with_stand_in(row, step.outputs) if answerer.dry else row for row in out), *aside]


def _stocked(step: Any, row: Row, replies: list[Reply]) -> Row:
    name = type(step).__name__
    faults = [_why_unusable(reply) for reply in replies]
    calls = [step.llm.call(name, name, reply.key, fault) for reply, fault in zip(replies, faults, strict=True)]
    row = {**row, "provenance": [*row.get("provenance", []), *calls]}
    for reply, fault in zip(replies, faults, strict=True):
        if fault is not None:
            text = reply.response.text if reply.response else reply.key if fault == MISSING else ""
            return {**row, "reject": reject(fault, reply.failure, text)}
    return row


def _why_unusable(reply: Reply) -> str | None:
    if reply.response is None:
        return MISSING if reply.failure == MISSING else "no_answer"
    return None if reply.response.finish_reason == "stop" else "cut_off"


def _with_stand_ins(step: LLMStep, rows: list[Row]) -> list[Row]:
    return [_with_stand_in(row, step.adds) for row in rows]


def _with_stand_in(row: Row, adds: list[str]) -> Row:
    """In a plan, a row whose response is missing goes on to later models with a stand-in's text."""
    mark = row["reject"]
    if not mark or mark["reason"] != MISSING:
        return row
    text = (mark["raw"] * (_STAND_IN // max(1, len(mark["raw"])) + 1))[:_STAND_IN]
    return {**row, **{name: text for name in adds if not row.get(name)}, "reject": None, "stand_in": True}

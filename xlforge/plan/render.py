"""The plan as text, Markdown and JSON."""

from collections.abc import Callable
from typing import Any

import orjson
from tabulate import tabulate

from xlforge.base.escape import as_json as escaped_json
from xlforge.base.escape import line, styled
from xlforge.base.markdown import literal
from xlforge.plan.plan import FIGURES, Plan
from xlforge.plan.planned import Estimate, Planned
from xlforge.plan.stale import Change

_SHOWN = ("runs", "why", "rows", *FIGURES, "known", "cached", "notes")
_LONG = 40
_FEW = 6


def as_json(plan: Plan) -> str:
    """`stages`, `totals`, `unknown` (figure → stages where it is not known), `currency` and `budget`."""
    limit = plan.budget
    found = {
        "stages": [{"stage": stage.name} | {key: getattr(stage, key) for key in _SHOWN} for stage in plan.stages],
        "totals": {figure: getattr(plan.total, figure) for figure in FIGURES},
        "unknown": {figure: names for figure in ("rows", *FIGURES) if (names := plan.unknown(figure))},
        "currency": plan.currency,
        "budget": limit and {**limit._asdict(), "spent": plan.spent, "exceeded": plan.exceeded},
    }
    return escaped_json(orjson.loads(orjson.dumps(found, default=str)))


def text(plan: Plan) -> list[str]:
    """For a terminal."""
    if not plan.stages:
        return ["Nothing to do: all that dvc.lock names is built from params.yaml, code and inputs as they are now."]
    lines = [_head(plan), *(_cells(stage) for stage in (*plan.stages, plan.total))]
    sides = ("left", *["right"] * (len(lines[0]) - 1))
    head, *rows, foot = tabulate(lines, tablefmt="plain", colalign=sides, disable_numparse=True).splitlines()
    out = [head]
    for stage, row in zip(plan.stages, rows, strict=True):
        out.append(styled(row, bold=stage.runs == "yes"))
        out += [f"    {each}" for each in _reasons(stage)]
    return [*out, foot, "", *_end(plan)]


def markdown(plan: Plan) -> list[str]:
    """A table, and the reasons folded."""
    if not plan.stages:
        return ["**Plan**: nothing to build."]
    lines = [_head(plan), ["---", *["---:"] * 6], *(_cells(stage) for stage in (*plan.stages, plan.total))]
    table = [f"| {' | '.join(cells)} |" for cells in lines]
    why = [f"- {stage.name}: " + "; ".join(map(literal, _reasons(stage))) for stage in plan.stages]
    folded = ["<details><summary>Why</summary>", "", *why, "", "</details>"]
    return [*table, "", *map(literal, _end(plan)), "", *folded]


def reason(change: Change) -> str:
    """A reason to run, in words."""
    if change.kind == "new":
        return "was never built"
    if change.kind == "upstream":
        return f"reads the output of {change.what}"
    if change.kind == "command":
        return f"command is now {line(change.what)}"
    what = f"{change.kind} {change.what}: {_value(change.old)} → {_value(change.new)}"
    return what + (f" ({', '.join(map(line, change.files))})" if change.files else "")


def _reasons(stage: Planned) -> list[str]:
    """Its own reasons, missing outputs in one line; stages before it only where there is no other reason."""
    own = [change for change in stage.why if change.kind != "upstream"] or stage.why
    lost = [change for change in own if change.kind == "output"]
    more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
    reasons = [reason(change) for change in own if change.kind != "output"]
    return [*reasons, *(f"output {change.what}{more}: {change.new}" for change in lost[:1])]


def _value(value: Any) -> str:
    if value is None:
        return "nothing"
    words = line(value if isinstance(value, str) else orjson.dumps(value, default=str).decode())
    return words if len(words) <= _LONG else f"{words[: _LONG - 1]}…"


def _head(plan: Plan) -> list[str]:
    return ["stage", "rows", "calls", "tokens in", "tokens out", plan.currency, "time"]


def _cells(stage: Planned) -> list[str]:
    return [
        stage.name if stage.runs == "yes" else f"{stage.name} ({stage.runs})",
        _marked(stage.rows, _whole) if stage.name != "total" else "",
        _calls(stage),
        _marked(stage.tokens_in, _whole),
        _marked(stage.tokens_out, _whole),
        _marked(stage.money, lambda money: f"{money:.2f}"),
        _marked(stage.seconds, _clock),
    ]


def _end(plan: Plan) -> list[str]:
    """What the numbers mean, and the budget."""
    out = ["~ marks an estimate from the last run of the stage; a number without it is exact."]
    notes = dict.fromkeys(note for stage in plan.stages for note in stage.notes)
    out += [f"{_names([stage.name for stage in plan.stages if note in stage.notes])}: {line(note)}." for note in notes]
    for figure, what in (("calls", "calls and tokens"), ("money", "money"), ("seconds", "time")):
        if names := plan.unknown(figure):
            out.append(f"Not known before the build, and not in the totals: {what} of {_names(names)}.")
    if plan.budget is None:
        return [*out, "Budget: none is set (execution.budget in params.yaml)."]
    spent = f", of which {plan.spent:,.2f} are spent" if plan.spent else ""
    verdict = "not enough for this plan" if plan.exceeded else "enough for this plan"
    return [*out, f"Budget: {plan.budget.amount:,.2f} {plan.budget.unit}{spent}: {verdict}."]


def _names(stages: list[str]) -> str:
    return ", ".join(stages) if len(stages) <= _FEW else f"{len(stages)} stages"


def _calls(stage: Planned) -> str:
    """Calls whose prompts are known, and an estimate of the others."""
    if stage.calls is None or stage.calls.exact or not stage.known:
        return _marked(stage.calls, _whole)
    return f"{stage.known:,} + ~{_whole(max(0.0, stage.calls.value - stage.known))}"


def _marked(number: Estimate | None, shown: Callable[[float], str]) -> str:
    if number is None:
        return "?"
    return shown(number.value) if number.exact else f"~{shown(number.value)}"


def _whole(number: float) -> str:
    return f"{number:,.0f}"


def _clock(seconds: float) -> str:
    hours, rest = divmod(round(seconds), 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"

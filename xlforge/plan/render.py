"""The plan as text, Markdown and JSON."""

from __future__ import annotations

from typing import Any

import orjson

from xlforge.base.escape import as_json as safe
from xlforge.base.escape import line, styled
from xlforge.plan.making import Plan
from xlforge.plan.planned import Planned
from xlforge.plan.ranges import Range
from xlforge.plan.stale import Change

_FIGURES = ("rows", "calls", "tokens_in", "tokens_out", "money", "seconds")
_TOTALS = _FIGURES[1:]
_LONG = 40
_FEW = 6


def as_json(plan: Plan) -> str:
    """`stages`, `totals`, `unknown` (figure → stages it is not known of) and `budget`."""
    told: dict[str, Any] = {
        "stages": [_stage(stage) for stage in plan.stages],
        "totals": {figure: plan.sum(figure).told() for figure in _TOTALS},
        "unknown": {figure: names for figure in _FIGURES if (names := plan.unknown(figure))},
        "currency": plan.currency,
        "budget": plan.budget
        and {"amount": plan.budget.amount, "unit": plan.budget.unit, "spent": plan.spent, "exceeded": plan.over},
    }
    return safe(orjson.loads(orjson.dumps(told, default=str)))


def _stage(stage: Planned) -> dict[str, Any]:
    figures = {figure: value and value.told() for figure in _FIGURES for value in [getattr(stage, figure)]}
    why = [
        {key: value for key, value in vars(change).items() if key in ("kind", "what") or value}
        for change in stage.changes
    ]
    return {"stage": stage.name, "runs": stage.runs, "why": why, **figures, "held": stage.held, "notes": stage.notes}


def text(plan: Plan) -> list[str]:
    """For a terminal."""
    if not plan.stages:
        return ["Nothing to do: everything that dvc.lock names is built as params.yaml, code and inputs are now."]
    head = ["", "rows", "calls", "tokens in", "tokens out", plan.currency, "time"]
    lines = [[_name(stage), *_cells(stage)] for stage in plan.stages]
    foot = ["total", "", *_sums(plan)]
    widths = [max(map(len, column)) for column in zip(head, *lines, foot, strict=True)]
    out = [_columns(head, widths)]
    for stage, cells in zip(plan.stages, lines, strict=True):
        out.append(styled(_columns(cells, widths), bold=stage.runs == "yes"))
        out += [f"    {told}" for told in _reasons(stage)]
        out += [f"    note: {line(note)}" for note in stage.notes]
    return [*out, _columns(foot, widths), "", *_end(plan)]


def markdown(plan: Plan) -> list[str]:
    """A table, and the reasons folded away."""
    if not plan.stages:
        return ["**Plan**: nothing to build."]
    out = ["| stage | rows | calls | tokens in | tokens out | " + f"{plan.currency} | time |", "|---|" + "---:|" * 6]
    out += [f"| {_name(stage)} | {' | '.join(_cells(stage))} |" for stage in plan.stages]
    out += [f"| **total** | | {' | '.join(_sums(plan))} |", "", *_end(plan), "", "<details><summary>Why</summary>", ""]
    for stage in plan.stages:
        out.append(f"- {stage.name}: " + "; ".join(map(_safe, _reasons(stage))))
    return [*out, "", "</details>"]


def reason(change: Change) -> str:
    """One reason in words."""
    if change.kind == "new":
        return "was never built"
    if change.kind == "upstream":
        return f"reads what {change.what} makes"
    if change.kind == "command":
        return f"command is now {line(change.what)}"
    told = f"{change.kind} {change.what}: {_value(change.old)} → {_value(change.new)}"
    return told + (f" ({', '.join(change.files)})" if change.files else "")


def _reasons(stage: Planned) -> list[str]:
    """All reasons of its own, lost outputs in one line; those that lie upstream only where there are no others."""
    own = [change for change in stage.changes if change.kind != "upstream"] or stage.changes
    lost = [change for change in own if change.kind == "output"]
    told = [reason(change) for change in own if change.kind != "output"]
    more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
    return [*told, *(f"output {change.what}{more}: {change.new}" for change in lost[:1])]


def _value(value: Any) -> str:
    if value is None:
        return "nothing"
    told = line(value if isinstance(value, str) else orjson.dumps(value, default=str).decode())
    return told if len(told) <= _LONG else f"{told[: _LONG - 1]}…"


def _safe(words: str) -> str:
    """Words that are no Markdown and no HTML."""
    return "".join(f"\\{char}" if char in r"\`*_{}[]<>|#" else char for char in words)


def _name(stage: Planned) -> str:
    return stage.name if stage.runs == "yes" else f"{stage.name} ({stage.runs})"


def _columns(cells: list[str], widths: list[int]) -> str:
    first, *rest = (f"{cell:>{width}}" for cell, width in zip(cells, widths, strict=True))
    return "  ".join([cells[0].ljust(len(first)), *rest])


def _cells(stage: Planned) -> list[str]:
    return [
        *(_number(getattr(stage, figure)) for figure in ("rows", "calls", "tokens_in", "tokens_out")),
        _money(stage.money),
        _time(stage.seconds),
    ]


def _sums(plan: Plan) -> list[str]:
    shown = {figure: plan.sum(figure) if len(plan.unknown(figure)) < len(plan.stages) else None for figure in _TOTALS}
    sums = [_number(shown[figure]) for figure in ("calls", "tokens_in", "tokens_out")]
    return [*sums, _money(shown["money"]), _time(shown["seconds"])]


def _end(plan: Plan) -> list[str]:
    """What the totals mean, and the budget."""
    tokens = plan.sum("tokens_in") + plan.sum("tokens_out")
    money = plan.sum("money")
    sums = [
        f"{_short(plan.sum('calls').value)} calls",
        f"{_short(tokens.value)} tokens",
        f"{money.value:.2f} {plan.currency}",
    ]
    if len(plan.unknown("seconds")) < len(plan.stages):
        sums.append(_clock(plan.sum("seconds").value))
    out = [f"Most likely {', '.join(sums)}. A range is an estimate from past runs."]
    for figure, what in (("calls", "calls and tokens"), ("money", "money"), ("seconds", "time")):
        if names := plan.unknown(figure):
            which = ", ".join(names) if len(names) <= _FEW else f"{len(names)} stages"
            out.append(f"Not known before the build, and not in the totals: {what} of {which}.")
    if plan.budget is not None:
        verdict = {"yes": "it will not do", "perhaps": "it may not do", "no": "it will do"}[plan.over or "no"]
        spent = f", of which {plan.spent:,.2f} are spent" if plan.spent else ""
        out.append(f"Budget: {plan.budget.amount:,.2f} {plan.budget.unit}{spent}: {verdict}.")
    else:
        out.append("Budget: none is set (execution.budget in params.yaml).")
    return out


def _number(number: Range | None) -> str:
    if number is None:
        return "?"
    if number.exact:
        return f"{number.value:,.0f}"
    low, high = _short(number.low), _short(number.high)
    return low if low == high else f"{low}–{high}"


def _short(number: float) -> str:
    for scale, unit in ((1e9, "G"), (1e6, "M"), (1e4, "k")):
        if number >= scale:
            return f"{number / min(scale, 1e3 if unit == 'k' else scale):.3g}{unit}"
    return f"{number:,.0f}"


def _money(money: Range | None) -> str:
    if money is None:
        return "?"
    return f"{money.value:.2f}" if money.exact else f"{money.low:.2f}–{money.high:.2f}"


def _time(seconds: Range | None) -> str:
    if seconds is None:
        return "?"
    return _clock(seconds.value) if seconds.exact else f"{_clock(seconds.low)}–{_clock(seconds.high)}"


def _clock(seconds: float) -> str:
    whole = round(seconds)
    hours, rest = divmod(whole, 3600)
    return f"{hours}:{rest // 60:02d}:{rest % 60:02d}" if hours else f"{rest // 60}:{rest % 60:02d}"

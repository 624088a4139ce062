"""`xlforge check`: the gates of params.yaml, held against the metrics."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from xlforge.diff.gates import Told

_MARKS = {"passed": "✓", "failed": "✗", "missing": "✗", "new": "–"}
_COLOURS = {"passed": "green", "failed": "red", "missing": "red", "new": "yellow"}


@click.command(epilog="Example: xlforge check --against main --md")
@click.option(
    "--against", metavar="REV", default="HEAD", show_default=True, help="the revision that drops are measured from"
)
@click.option("--json", "as_json", is_flag=True, help="machine-readable")
@click.option("--md", "as_md", is_flag=True, help="Markdown, for a comment")
def command(against: str, as_json: bool, as_md: bool) -> None:
    """Hold the gates of params.yaml against data/**/metrics.json: each with its value, its bar and its verdict.

    Exits with 1 when one fails. Metrics are committed, so that no remote is needed; nothing is built.
    """
    from xlforge.base.escape import as_json as safe
    from xlforge.config.params import load
    from xlforge.diff.gates import held

    told = held(load()["gates"], against)
    if as_json:
        gates = [vars(each) for each in told]
        click.echo(safe({"passed": not any(each.fails for each in told), "against": against, "gates": gates}))
    else:
        for line in markdown(told, against) if as_md else _text(told):
            click.echo(line)
    if any(each.fails for each in told):
        sys.exit(1)


def _text(told: list[Told]) -> list[str]:
    from xlforge.base.escape import line, styled

    if not told:
        return ["no gates: name some under `gates` in params.yaml"]
    width = max(len(each.metric) for each in told)
    return [
        f"{styled(f'{_MARKS[each.verdict]} {each.verdict:7}', fg=_COLOURS[each.verdict])} {each.gate:16} "
        f"{each.metric:{width}}  {line(_said(each))}"
        for each in told
    ]


def markdown(told: list[Told], against: str) -> list[str]:
    """A table, for a comment."""
    if not told:
        return ["**Gates**: none."]
    failed = sum(each.fails for each in told)
    head = f"**Gates**: {failed} of {len(told)} failed" if failed else f"**Gates**: all {len(told)} passed"
    rows = [
        f"| {_MARKS[each.verdict]} {each.verdict} | {each.gate} | `{each.metric}` | {_number(each.value)} | "
        f"{_number(each.before)} | {each.bar} | {each.detail} |"
        for each in told
    ]
    return [head, "", f"| | gate | metric | value | {against} | bar | |", "|---|---|---|---:|---:|---|---|", *rows]


def _said(told: Told) -> str:
    before = f", was {_number(told.before)}" if told.before is not None else ""
    return f"{_number(told.value)}{before}; bar: {told.bar}{f' ({told.detail})' if told.detail else ''}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"

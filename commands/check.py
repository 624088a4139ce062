"""`xlforge check`: the gates of params.yaml, checked against the metrics."""

import sys
from typing import TYPE_CHECKING

import click

from xlforge.base import escape

if TYPE_CHECKING:
    from xlforge.diff.gates import Result

_MARKS = {"passed": "✓", "failed": "✗", "missing": "✗", "new": "–"}
_COLOURS = {"passed": "green", "failed": "red", "missing": "red", "new": "yellow"}


@click.command(epilog="Example: xlforge check --against main --md")
@click.option("--against", metavar="REV", default="HEAD", show_default=True, help="the revision to measure drops from")
@click.option("--json", "as_json", is_flag=True, help="machine-readable")
@click.option("--md", "as_md", is_flag=True, help="Markdown, for a comment")
def command(against: str, as_json: bool, as_md: bool) -> None:
    """Check the gates of params.yaml against data/**/metrics.json: each with its value, its limit and its verdict.

    Exits with 1 when one fails. Metrics are committed, so no remote is needed. Nothing is built.
    """
    from xlforge.config.params import load
    from xlforge.diff.gates import check

    results = check(load().gates, against)
    failed = any(each.fails for each in results)
    if as_json:
        click.echo(escape.as_json({"passed": not failed, "against": against, "gates": list(map(vars, results))}))
    else:
        for line in markdown(results, against) if as_md else _text(results):
            click.echo(line)
    if failed:
        sys.exit(1)


def _text(results: "list[Result]") -> list[str]:

    if not results:
        return ["no gates: add some under `gates` in params.yaml"]
    width = max(len(each.metric) for each in results)
    return [
        f"{escape.styled(f'{_MARKS[each.verdict]} {each.verdict:7}', fg=_COLOURS[each.verdict])} {each.gate:16} "
        f"{each.metric:{width}}  {escape.line(_values(each))}"
        for each in results
    ]


def markdown(results: "list[Result]", against: str) -> list[str]:
    """A table, for a comment."""
    if not results:
        return ["**Gates**: none."]
    failed = sum(each.fails for each in results)
    head = f"**Gates**: {failed} of {len(results)} failed" if failed else f"**Gates**: all {len(results)} passed"
    rows = [
        f"| {_MARKS[each.verdict]} {each.verdict} | {each.gate} | `{each.metric}` | {_number(each.value)} | "
        f"{_number(each.before)} | {each.limit} | {each.detail} |"
        for each in results
    ]
    return [head, "", f"| | gate | metric | value | {against} | limit | |", "|---|---|---|---:|---:|---|---|", *rows]


def _values(result: "Result") -> str:
    before = f", was {_number(result.before)}" if result.before is not None else ""
    detail = f" ({result.detail})" if result.detail else ""
    return f"{_number(result.value)}{before}; limit: {result.limit}{detail}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"

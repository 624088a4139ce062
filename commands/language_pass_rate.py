"""`xlforge language-pass-rate`: how often answers are in the requested language."""

from pathlib import Path
from typing import Any

import click

from xlforge.base import escape
from xlforge.base.errors import BuildError


@click.command(epilog="Example: xlforge language-pass-rate answers.jsonl --json")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="machine-readable")
def command(file: Path, as_json: bool) -> None:
    """Line-level and word-level pass rates of the answers in FILE, in percent, by language and their mean.

    FILE has one object a line, or is a JSON list, of source, language (the requested code) and completion.

    By line: every line of five words or more is in the language. By word, in languages not written in Latin letters: these lines also
    have no English word. Answers without such a line, such as empty or null ones, are skipped and counted.
    """
    from dataclasses import asdict

    from xlforge.evaluation.pass_rates import NO_LATIN, pass_rates, read_answers

    rates = pass_rates(read_answers(file))
    latin = [code for code in rates.by_language if code not in NO_LATIN]
    notes = [f"word_pass_rate is not defined for Latin letters: {', '.join(latin)}"] if latin else []
    if as_json:
        click.echo(escape.as_json({**asdict(rates), "notes": notes}))
    else:
        click.echo(f"{'language':10} {'by line':>10} {'by word':>10} {'judged':>8} {'skipped':>8}")
        for code, row in rates.by_language.items():
            click.echo(f"{code:10} {_percents(row)} {row.n:8} {row.skipped:8}")
        judged, skipped = (sum(getattr(row, name) for row in rates.by_language.values()) for name in ("n", "skipped"))
        click.echo(f"{'mean':10} {_percents(rates)} {judged:8} {skipped:8}")
        for note in notes:
            click.echo(f"  {note}")
    if rates.line_pass_rate is None:
        raise BuildError(f"no answer in {file} has a line of five words or more: there is nothing to judge")


def _percents(rates: Any) -> str:
    found = (rates.line_pass_rate, rates.word_pass_rate)
    return " ".join(f"{'-':>10}" if rate is None else f"{rate:8.1f} %" for rate in found)

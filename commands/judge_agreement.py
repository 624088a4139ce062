"""`xlforge judge-agreement`: a judge against people, on the same pairs."""

from pathlib import Path
from typing import Any

import click

from xlforge.base import escape
from xlforge.base.errors import BuildError


@click.command(epilog="Example: xlforge judge-agreement human.json --verdicts judge.json")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--verdicts", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="the judge's file")
@click.option("--json", "as_json", is_flag=True, help="machine-readable")
def command(file: Path, verdicts: Path | None, as_json: bool) -> None:
    """How far a judge agrees with people: agreement, Cohen's kappa, position and length bias, calibration.

    FILE has people's votes in AlpacaEval's layout (instruction, output_1, output_2, preference) or the Arena's (conversation_a,
    conversation_b, winner), with a language where known. --verdicts has the judge's, in either layout; pairs are matched by their texts,
    in either order. Without it each row of FILE has both: the vote as winner or human_preference, the judge's as preference.
    """
    from xlforge.evaluation.agreement import agreement, calibrated, pairs, read_votes

    found = pairs(read_votes(file), read_votes(verdicts) if verdicts else None)
    if not found:
        both = (
            "--verdicts must name a file with the same prompts and answers"
            if verdicts
            else "name the judge's file with --verdicts"
        )
        raise BuildError(f"{file} has no pair with both a vote and a verdict: {both}")
    languages = sorted({pair.language for pair in found if pair.language})
    groups = {"all": found} | {code: [pair for pair in found if pair.language == code] for code in languages}
    figures = {name: agreement(group) for name, group in groups.items()}
    fit = calibrated(found)
    if as_json:
        click.echo(escape.as_json({"figures": figures, "calibration": fit and vars(fit)}))
        return
    for name, row in figures.items():
        click.echo(f"{escape.line(name)}: {row['n']} votes")
        click.echo(f"  agreement      {_shown(row['agreement'], '.1f', ' %')}")
        click.echo(f"  Cohen's kappa  {_shown(row['kappa'], '.2f')}")
        click.echo(f"  position bias  {_shown(row['position'], '+.1f', ' points towards the first answer')}")
        click.echo(f"  length bias    {_shown(row['length'], '+.1f', ' points towards the longer answer')}")
    _show_fit(fit)


def _show_fit(fit: Any) -> None:
    if fit is None:
        click.echo(
            "calibration: nothing can be fitted, because the judge's preferences are all hard (a winner or a tie)"
        )
        return
    click.echo("calibration, fitted to these votes:")
    click.echo(f"  temperature    {_shown((fit.temperature, fit.temperature_interval), '.2f')}")
    click.echo(
        f"  shift          {_shown((fit.shift, fit.shift_interval), '+.2f', ' logits towards the second answer')}"
    )
    click.echo(f"  log loss       {fit.loss[0]:.4f} before, {fit.loss[1]:.4f} after")
    click.echo(f"  ECE            {fit.error[0]:.4f} before, {fit.error[1]:.4f} after")


def _shown(figure: tuple[Any, Any], form: str, unit: str = "") -> str:
    value, interval = figure
    if value is None:
        return "unknown"
    ends = ["infinity" if end is None else f"{end:{form}}" for end in interval or ()]
    return f"{value:{form}}{unit}" + (f" (95 %: {' to '.join(ends)})" if ends else " (too few prompts for an interval)")

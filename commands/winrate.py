"""`xlforge winrate`: the win rate of pairwise judgements, with its uncertainty and coverage."""

from pathlib import Path

import click

from xlforge.base import escape
from xlforge.base.errors import BuildError


@click.command(epilog="Example: xlforge winrate judgements.json --of 805 --json")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="machine-readable")
@click.option("--of", type=click.IntRange(min=1), help="judgements expected in all; those not in FILE are missing")
@click.option("--model", metavar="NAME", help="which generator is the model; by default generator_2")
@click.option(
    "--min-coverage",
    default=0.95,
    show_default=True,
    type=click.FloatRange(0, 1),
    help="the minimum share with a verdict",
)
def command(file: Path, as_json: bool, of: int | None, model: str | None, min_coverage: float) -> None:
    """The win rate of the model in FILE, with standard error, 95 % interval, length control and coverage.

    FILE has AlpacaEval's judgements, as a JSON list, one object a line, or CSV: instruction, output_1, output_2 (with generator_1 and
    generator_2, who wrote them) or reference_output, model_output; and preference, from 1 (the first answer is better) to 2 (the second
    one), 1.5 or 0 for a tie, null where there is no verdict.

    The model is generator_2. If generator_2 differs between rows, or is generator_1 in others, name it with --model.

    Figures are percent, coverage is a share. If the coverage is too small, the command prints the figures and fails.
    """
    from xlforge.evaluation.judgements import read_judgements
    from xlforge.evaluation.length import length_controlled
    from xlforge.evaluation.win_rates import MIN_PROMPTS, win_rate

    judgements = read_judgements(file, model)
    if of is not None and of < len(judgements):
        raise BuildError(f"--of is {of}, but {file} has {len(judgements)} judgements: --of must be at least that many")
    preferences = [judgement.preference for judgement in judgements]
    prompts = [judgement.instruction for judgement in judgements]
    rate = win_rate(preferences, groups=prompts, of=of)
    controlled = length_controlled(preferences, [judgement.longer for judgement in judgements])
    notes = [f"length control: {controlled.note}"] if controlled.note else []
    if len(opponents := sorted({each.reference for each in judgements if each.reference})) > 1:
        notes.append(f"compared with more than one reference: {', '.join(opponents)}")
    if repeated := len(prompts) - len(set(prompts)):
        notes.append(f"{repeated} rows repeat an instruction: the interval resamples those of an instruction together")
    if as_json:
        click.echo(escape.as_json(vars(rate) | _more(rate.detectable, controlled.win_rate, notes)))
    else:
        few = f"none: too few prompts, at least {MIN_PROMPTS} are needed"
        interval = " to ".join(map(_percent, rate.interval)) if rate.interval else few
        click.echo(f"win rate            {_percent(rate.win_rate)}, 95 % interval {interval}")
        click.echo(f"standard error      {_percent(rate.standard_error)}")
        if rate.detectable is not None:
            click.echo(f"detectable          {rate.detectable:6.2f} points from 50 %, at 80 % power and a level of 5 %")
        click.echo(f"length-controlled   {_percent(controlled.win_rate)}")
        click.echo(f"coverage            {rate.coverage:7.1%}, {rate.n} of {rate.of} have a verdict")
        for note in notes:
            click.echo(f"  {escape.line(note)}")
    if rate.coverage < min_coverage or not rate.n:
        raise BuildError(
            f"{rate.of - rate.n} of {rate.of} judgements have no verdict: coverage is {rate.coverage:.3f}, and must be at least "
            f"{min_coverage:g}. Judge the missing ones, or lower --min-coverage and state it with the figure"
        )


def _more(detectable: float | None, controlled: float | None, notes: list[str]) -> dict[str, object]:
    return {"detectable": detectable, "length_controlled_win_rate": controlled, "notes": notes}


def _percent(value: float | None) -> str:
    return "unknown" if value is None else f"{value:6.2f} %"

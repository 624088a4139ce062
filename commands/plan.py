"""`xlforge plan`: what `dvc repro` would run, and what it would buy."""

from __future__ import annotations

import click


@click.command(epilog="Example: xlforge plan --json > plan.json")
@click.argument("targets", nargs=-1, metavar="[STAGE]...")
@click.option("--json", "as_json", is_flag=True, help="machine-readable")
@click.option("--md", "as_md", is_flag=True, help="Markdown, for a comment")
@click.option("--allow-missing", is_flag=True, help="as for `dvc repro`: outputs that dvc.lock names count as there")
def command(targets: tuple[str, ...], as_json: bool, as_md: bool, allow_missing: bool) -> None:
    """Which stages `dvc repro` would run and why, and for each: rows, model calls that the store does not hold, tokens, money, time.

    A single number is exact: the stage was rehearsed on the answers that the store holds, and nothing was bought. A range is an
    estimate from past runs, of what hangs on answers or rows still to be made. Tokens of answers are estimates always.

    STAGE: as for `dvc repro`; with none, the whole build.
    """
    from xlforge.plan import making
    from xlforge.plan import render as telling

    plan = making.plan(targets, allow_missing)
    if as_json:
        click.echo(telling.as_json(plan))
    else:
        for line in telling.markdown(plan) if as_md else telling.text(plan):
            click.echo(line)

"""`xlforge plan`: what `dvc repro` would run, and what it would cost."""

import click


@click.command(epilog="Example: xlforge plan --json > plan.json, or xlforge plan --rows 1000")
@click.argument("targets", nargs=-1, metavar="[STAGE]...")
@click.option("--json", "as_json", is_flag=True, help="machine-readable")
@click.option("--md", "as_md", is_flag=True, help="Markdown, for a comment")
@click.option("--allow-missing", is_flag=True, help="as for `dvc repro`: a missing output is no reason to run")
@click.option(
    "--rows", type=click.IntRange(min=1), help="how many seeds this many rows of each language need, and nothing else"
)
def command(targets: tuple[str, ...], as_json: bool, as_md: bool, allow_missing: bool, rows: int | None) -> None:
    """Which stages `dvc repro` would run and why, and for each: rows, model calls that the cache lacks, tokens, money, time.

    A number without ~ is exact: the stage was run dry, on the responses in the cache, and nothing was generated. ~ marks an estimate
    from the last run. Tokens of calls are always estimates.

    STAGE: as for `dvc repro`; with none, the whole build.
    """
    if rows is not None:
        from xlforge.plan.target import target

        for line in target(rows):
            click.echo(line)
        return
    from xlforge.plan import render
    from xlforge.plan.plan import plan

    found = plan(targets, allow_missing)
    if as_json:
        click.echo(render.as_json(found))
    else:
        for line in render.markdown(found) if as_md else render.text(found):
            click.echo(line)

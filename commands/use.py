"""`xlforge use`: overlays of conf/ and single values, written into params.yaml."""

import difflib

import click


@click.command(epilog="Example: xlforge use --dry-run engine/openai teacher.model=gpt-4o-mini")
@click.argument("words", nargs=-1, required=True, metavar="OVERLAY|KEY=VALUE|~KEY…")
@click.option("--dry-run", is_flag=True, help="Show the difference and write nothing.")
def command(words: tuple[str, ...], dry_run: bool) -> None:
    """Apply overlays of conf/ and single values to params.yaml, in place and in this order; ~KEY removes a key.

    Comments stay. Nothing is run: `xlforge plan` shows what the next `dvc repro` would call and cost. Where the result is not valid,
    each fault is named and params.yaml stays as it is.
    """
    from xlforge.base.escape import plain
    from xlforge.base.files import write_text
    from xlforge.config.overlays import overlaid
    from xlforge.config.params import PARAMS

    old, new = PARAMS.read_text(encoding="utf-8"), overlaid(words)
    changes = difflib.unified_diff(old.splitlines(), new.splitlines(), str(PARAMS), str(PARAMS), n=1, lineterm="")
    for line in changes:
        click.echo(plain(line))
    if not dry_run:
        write_text(new, PARAMS)

"""`xlforge diff`: what differs between two builds."""

import sys

import click

from xlforge.base import escape
from xlforge.base.errors import BuildError


@click.command(epilog="Example: xlforge diff main --md")
@click.argument("before", metavar="[A]", default="HEAD")
@click.argument("after", metavar="[B]", required=False)
@click.option("--md", "as_md", is_flag=True, help="Markdown, short enough for a comment")
@click.option("--json", "as_json", is_flag=True, help="machine-readable")
@click.option("--samples", default=2, show_default=True, type=click.IntRange(0, 1000), help="rows shown of each kind")
@click.option("--exit-code", is_flag=True, help="exit with 1 if anything differs, as git does")
def command(before: str, after: str | None, *, as_md: bool, as_json: bool, samples: int, exit_code: bool) -> None:
    """Compare two builds: rows, rejects, texts and metrics that differ between A and B.

    A and B are branches, tags, commits or dvc experiments. A is HEAD and B the working tree if they are not given. Nothing is
    checked out: rows are read from the DVC cache, or fetched from the remote. Files that are not available are listed.

    The exit status is 0; with --exit-code 1 if anything differs; 2 if the builds could not be compared.
    """
    from xlforge.diff import render
    from xlforge.diff.builds import compare
    from xlforge.diff.sides import side

    if as_md and as_json:
        raise click.UsageError("give one of --md and --json")
    try:
        found = compare(side(before), side(after), samples)
    except BuildError as error:
        click.echo(f"xlforge: {error}", err=True)
        sys.exit(2)
    if as_json:
        click.echo(escape.as_json(found))
    elif as_md:
        click.echo(render.markdown(found), nl=False)
    else:
        for words in render.page(found):
            click.echo(words)
    if exit_code and found["differs"]:
        sys.exit(1)

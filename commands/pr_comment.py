"""`xlforge pr-comment`: what a reviewer of a pull request wants to know, as one Markdown text."""

from __future__ import annotations

import sys
from pathlib import Path

import click


@click.command(epilog="Example: xlforge pr-comment --base origin/main")
@click.option("--base", metavar="REV", default="main", show_default=True, help="the branch that this one is to go into")
@click.option(
    "--out",
    metavar="FILE",
    default=".xlforge/pr-comment.md",
    show_default=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="the text; plots go into pr-plots beside it",
)
def command(base: str, out: Path) -> None:
    """Gates, cost, rows, plots, metrics, parameters and lock of the working tree, against the commit that the branch left REV at.

    Nothing is built and nothing is posted; what cannot be told here is said in its place. Exits with 1 when a gate fails.
    """
    from xlforge.report.pull_request.sections import markdown, merge_base, sections

    commit = merge_base(base)
    told = sections(commit, out.parent / "pr-plots")
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(markdown(told, base, commit), encoding="utf-8")
    click.echo(out.as_posix())
    if any(section.fails for section in told):
        click.echo("xlforge: a gate fails: see the section Gates, and `xlforge check`", err=True)
        sys.exit(1)

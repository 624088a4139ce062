"""`xlforge pr-comment`: what a reviewer of a pull request wants to know, as one Markdown text."""

import sys
from pathlib import Path

import click
from click.testing import CliRunner

from xlforge.base.errors import BuildError


@click.command(epilog="Example: xlforge pr-comment --base origin/main")
@click.option("--base", metavar="REV", default="main", show_default=True, help="the branch to merge into")
@click.option(
    "--out",
    metavar="FILE",
    default=".xlforge/pr-comment.md",
    show_default=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help="the text; plots are written to the folder pr-plots next to it",
)
def command(base: str, out: Path) -> None:
    """Gates, cost, rows, plots, metrics, parameters and lock of the working tree, against the commit at which the branch left REV.

    Nothing is built and nothing is posted. A section that is not available gives the reason. Exits with 1 when a gate fails.
    """
    from xlforge.report.pull_request.comment import markdown, merge_base, sections

    commit = merge_base(base)
    found = sections(commit, out.parent / "pr-plots", _xlforge)
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(markdown(found, base, commit), encoding="utf-8")
    click.echo(out.as_posix())
    if found[0].fails:
        click.echo("xlforge: a gate fails: see the section Gates, and `xlforge check`", err=True)
        sys.exit(1)


def _xlforge(*words: str) -> tuple[str, int]:
    """What a command of xlforge prints as Markdown, and its exit status. Raises BuildError where it prints only an error."""
    from commands.main import cli

    done = CliRunner().invoke(cli, [*words, "--md"], catch_exceptions=False)
    if done.exit_code and not done.stdout:
        raise BuildError(done.stderr.strip())
    return done.stdout, done.exit_code

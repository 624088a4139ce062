"""The `xlforge` command. Each subcommand lives in the module of its name and imports what it needs only when it runs."""

from __future__ import annotations

import importlib
import sys

import click

COMMANDS = {
    "summary": "What the last build made: where it lies, rows by language, what was set aside and why, examples.",
    "trace": "A row from seed to end: prompts, words, scores, why it won, and the commit that built it.",
    "diff": "What two builds have otherwise: rows, reasons, words and metrics.",
    "plan": "What `dvc repro` would run and why, and what it would buy: calls, tokens, money, time.",
    "check": "The gates of params.yaml, held against the metrics.",
    "pr-comment": "A pull request for its reviewers: gates, cost, rows, plots, metrics.",
    "cache": "The response cache: what it holds, export and import, maintenance.",
    "engine": "vLLM's servers: start, see and end them.",
    "revision": "The revision of a local model folder, as params.yaml wants it.",
    "check-params": "Check params.yaml without building anything.",
    "winrate": "The win rate of pairwise judgements, with interval, length control and coverage.",
    "language-pass-rate": "How often answers are in the language they were asked for in.",
    "publish": "The dataset, or a student's adapter, on the Hugging Face Hub.",
    "merge": "A student as a model of its own, its adapter merged into the base.",
}


class Lazy(click.Group):
    """A group whose subcommands are imported when they are called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"commands.{cmd_name.replace('-', '_')}")
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
def cli() -> None:
    """Cross-lingual instruction datasets: what a build made and what it cost.

    The build itself is `dvc repro`.

    Example: xlforge summary
    """


def run() -> None:
    """The entry point: a fault the user can mend is one message on standard error, not a traceback."""
    try:
        cli(standalone_mode=True)
    except Exception as error:
        from sqlalchemy.exc import OperationalError  # only here: it takes as long as the rest of the start

        from xlforge.base.errors import BuildError

        if not isinstance(error, BuildError | OperationalError):
            raise
        click.echo(f"xlforge: {error}", err=True)
        sys.exit(1)

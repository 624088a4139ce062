"""The `xlforge` command. Each subcommand lives in the module of its name and imports what it needs only when it runs."""

import importlib
import sys

import click

from xlforge.base.dvc_lock import restore
from xlforge.base.errors import BuildError
from xlforge.base.terminal import prepare

COMMANDS = {
    "summary": "The last build: its folder, rows by language, rejects by reason, win rates, examples.",
    "trace": "A row from seed to end: prompts, responses, scores, why it won, and the commit that built it.",
    "diff": "What differs between two builds: rows, reasons, text and metrics.",
    "plan": "What `dvc repro` would run and why, and what it would cost: calls, tokens, money, time.",
    "init": "Begin a build of your own: seeds, languages and models, written into params.yaml.",
    "use": "Apply overlays of conf/ and single values to params.yaml.",
    "check": "The gates of params.yaml, checked against the metrics.",
    "pr-comment": "A pull request for its reviewers: gates, cost, rows, plots, metrics.",
    "cache": "The response cache: what it holds, export and import, maintenance.",
    "engine": "vLLM's servers: start, show and end them.",
    "revision": "The revision of a local model folder, as params.yaml wants it.",
    "check-params": "Check params.yaml without building anything.",
    "winrate": "The win rate of pairwise judgements, with interval, length control and coverage.",
    "judge-agreement": "A judge against people: agreement, kappa, position and length bias, calibration.",
    "language-pass-rate": "How often answers are in the requested language.",
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
    """The entry point: an error that the user can fix is one message on standard error, not a traceback."""
    prepare()
    restore()
    try:
        cli(standalone_mode=True)
    except BuildError as error:
        click.echo(f"xlforge: {error}", err=True)
        sys.exit(1)

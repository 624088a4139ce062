"""What is wrong with a command, as far as can be told without running it: the programs' own parsers read it."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
import shlex
import shutil
import subprocess
import tempfile
from pathlib import Path

import click

from commands.main import cli
from tests.project import ROOT
from xlforge.base.errors import BuildError
from xlforge.config.overlays import overlaid

ELSEWHERE = frozenset({"hf", "apt-get", "xdg-open"})
"""Programs that pages name and that are not the project's, and may not be here."""
BUILTIN = frozenset({"cd", "export", "set", "echo", "source", "."})
_ENDS = re.compile(r"&&|\|\||[;|()]")
_ASSIGNED = re.compile(r"[A-Za-z_]\w*=")


def commands(text: str) -> list[list[str]]:
    """The commands of a shell script, each as words, without comments, assignments and redirections."""
    found: list[list[str]] = []
    for line in text.replace("\\\n", " ").splitlines():
        reader = shlex.shlex(line, posix=True, punctuation_chars=True)
        reader.whitespace_split = True
        words: list[str] = []
        skip = False
        for word in [*reader, ";"]:
            if skip or _ENDS.fullmatch(word):
                skip = False
                if words and _ENDS.fullmatch(word):
                    found.append(words)
                    words = []
            elif re.fullmatch(r"[<>&]+", word):
                skip = True
            elif words or not _ASSIGNED.match(word):
                words.append(word)
    return found


def fault(words: list[str], *, whole: bool = True) -> str | None:
    """Why a command cannot work, in words. whole: as it would be typed; else arguments may be left out."""
    program, *rest = words
    if program == "xlforge":
        return _xlforge(rest, whole) or (_used(rest[1:]) if whole and rest[0] == "use" else None)
    if program == "dvc":
        return _dvc(rest, whole)
    if program == "make":
        done = subprocess.run(["make", "-n", *rest], cwd=ROOT, capture_output=True, text=True, check=False)
        return done.stderr.strip() or None if done.returncode else None
    if program == "python" and rest[:1] == ["-m"]:
        return _module(rest[1:])
    known = program in BUILTIN | ELSEWHERE or "/" in program or shutil.which(program)
    return None if known else f"no program is called {program}"


def _module(rest: list[str]) -> str | None:
    try:
        found = importlib.util.find_spec(rest[0])
    except ModuleNotFoundError:
        found = None
    return None if found else f"no module is called {rest[0]}"


def _xlforge(rest: list[str], whole: bool) -> str | None:
    command: click.Command = cli
    context = click.Context(cli, info_name="xlforge")
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        name, *rest = rest
        found = command.get_command(context, name)
        if found is None:
            return f"{context.command_path} has no command {name}"
        command, context = found, click.Context(found, info_name=name, parent=context)
    try:
        if whole and not isinstance(command, click.Group):
            command.make_context(context.info_name, list(rest), parent=context.parent)
        else:
            _, left, _ = command.make_parser(context).parse_args(list(rest))
            if left:
                return f"{context.command_path} takes no {' '.join(left)}"
    except click.exceptions.Exit:  # --help
        return None
    except click.BadParameter as error:
        # Files that a reader has and that are not here.
        is_file = isinstance(error.param and error.param.type, click.Path) and not isinstance(
            error, click.MissingParameter
        )
        return None if is_file else f"{context.command_path}: {error.format_message()}"
    except click.UsageError as error:
        return f"{context.command_path}: {error.format_message()}"
    return None


def _dvc(rest: list[str], whole: bool) -> str | None:
    from dvc.cli import DvcParserError
    from dvc.cli.parser import get_main_parser

    try:
        with contextlib.redirect_stderr(io.StringIO()), contextlib.redirect_stdout(io.StringIO()):
            asked = get_main_parser().parse_args(rest)
    except (DvcParserError, SystemExit):
        return f"dvc takes no {' '.join(rest)}" if whole else _dvc([*rest, "TARGET"], whole=True)
    return _overlaid(asked.set_param) if getattr(asked, "set_param", None) else None


def _used(words: list[str]) -> str | None:
    """What `xlforge use` would refuse."""
    try:
        overlaid([word for word in words if not word.startswith("--")])
    except BuildError as error:
        return str(error)
    return None


def _overlaid(overrides: list[str]) -> str | None:
    """What params.yaml would lack with these overrides, placeholders and all."""
    from dvc.utils.hydra import compose_and_dump
    from hydra.errors import HydraException

    from xlforge.config.params import ParamsError, load

    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder, "params.yaml")
        try:
            compose_and_dump(
                str(made), str(ROOT), None, "params", str(ROOT), [one.replace("…", "x") for one in overrides]
            )
            load(made)
        except (HydraException, ParamsError) as error:
            return str(error)
    return None

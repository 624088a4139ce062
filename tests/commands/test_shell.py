"""Every command in the shell: help with an example, a light start, completion in bash and zsh, colours only where wanted."""

from __future__ import annotations

import os
import pty
import re
import select
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from click.testing import CliRunner

from bench.startup import every
from commands.main import cli

BIN = Path(sys.executable).parent
HEAVY = {
    "torch",
    "polars",
    "pandas",
    "distilabel",
    "datasets",
    "transformers",
    "pandera",
    "sqlalchemy",
    "dvc",
    "aiohttp",
}


COMMANDS = list(every(cli))


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_help_holds_an_example_that_names_the_command(words: tuple[str, ...]) -> None:
    said = CliRunner().invoke(cli, [*words, "--help"])
    assert said.exit_code == 0
    assert f"Example: xlforge {' '.join(words)}" in re.sub(r"\s+", " ", said.output)


@pytest.mark.parametrize("words", [(), *COMMANDS], ids=lambda words: " ".join(words) or "xlforge")
def test_nothing_heavy_is_loaded_before_a_command_begins_its_work(words: tuple[str, ...]) -> None:
    code = (
        "import sys; from click.testing import CliRunner; from commands.main import cli; "
        f"CliRunner().invoke(cli, {[*words, '--help']!r}); print(*sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert HEAVY & set(said.stdout.split()) == set()


def test_bash_completes_commands_and_options() -> None:
    script = (
        'eval "$(_XLFORGE_COMPLETE=bash_source xlforge)"; '
        'tried() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _xlforge_completion xlforge; echo "${COMPREPLY[@]}"; }; '
        "tried xlforge pl; tried xlforge cache ve; tried xlforge publish dataset --dry; complete -p xlforge"
    )
    said = subprocess.run(
        ["bash", "--norc", "-c", script],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}"},
    ).stdout.splitlines()
    assert said[:3] == ["plan", "verify", "--dry-run"]
    assert "_xlforge_completion" in said[3]


@pytest.mark.skipif(shutil.which("zsh") is None, reason="no zsh here: make extras")
def test_zsh_completes_what_is_typed(tmp_path: Path) -> None:
    """A real zsh in a terminal: the word is typed, then the tabulator, then Enter; `echo` shows what became of it."""
    setup = 'autoload -Uz compinit; compinit -u -D; eval "$(_XLFORGE_COMPLETE=zsh_source xlforge)"; PS1=; echo ready\n'
    environment = os.environ | {"PATH": f"{BIN}:{os.environ['PATH']}", "HOME": str(tmp_path), "TERM": "dumb"}
    child, terminal = pty.fork()
    if child == 0:
        os.execvpe("zsh", ["zsh", "-f", "-i"], environment)
    try:
        os.write(terminal, setup.encode())
        until(terminal, b"ready\r\n")
        os.write(terminal, b"xlforge cache veri\t")
        assert b"verify" in until(terminal, b"verify")
    finally:
        os.write(terminal, b"\x03\nexit\n")
        os.close(terminal)
        os.waitpid(child, 0)


def until(terminal: int, wanted: bytes, seconds: float = 20.0) -> bytes:
    """What the terminal showed till it showed what is wanted, or for so long."""
    shown, end = b"", time.monotonic() + seconds
    while wanted not in shown and time.monotonic() < end:
        if select.select([terminal], [], [], 0.2)[0]:
            shown += os.read(terminal, 65536)
    return shown


def on_a_terminal(*command: str, **environment: str) -> bytes:
    """What a command shows where a terminal listens."""
    ours, theirs = pty.openpty()
    kept = {name: value for name, value in os.environ.items() if name != "NO_COLOR"}
    with subprocess.Popen(
        command, stdout=theirs, stderr=theirs, env=kept | environment, cwd=Path(__file__).parents[2]
    ) as running:
        os.close(theirs)
        shown = b""
        while True:
            try:
                more = os.read(ours, 65536)
            except OSError:  # how Linux says that the other side is closed
                break
            if not more:
                break
            shown += more
        running.wait()
    os.close(ours)
    return shown


@pytest.mark.parametrize("words", [("check",), ("diff", "HEAD", "HEAD")], ids=" ".join)
def test_colours_are_for_terminals_and_for_those_who_want_them(words: tuple[str, ...]) -> None:
    command = (str(BIN / "xlforge"), *words)
    colour = re.compile(rb"\x1b\[[1-9]")  # \x1b[0m alone is what DVC's colorama leaves at its end, whatever it showed
    assert colour.search(on_a_terminal(*command))
    assert not colour.search(on_a_terminal(*command, NO_COLOR="1"))
    assert not colour.search(
        subprocess.run(command, capture_output=True, check=False, cwd=Path(__file__).parents[2]).stdout
    )


def test_what_is_wrong_goes_to_standard_error_with_the_remedy(tmp_path: Path) -> None:
    for words in (
        ("plan",),
        ("check",),
        ("diff",),
        ("trace", "x"),
        ("summary",),
        ("winrate", "none.json"),
        ("nonsense",),
    ):
        done = subprocess.run([str(BIN / "xlforge"), *words], capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode != 0, words
        assert done.stdout == "", words
        assert done.stderr.strip(), words
        assert "Traceback" not in done.stderr, words

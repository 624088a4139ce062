"""How long each command takes to begin: `--help`, the fastest of a few, beside Python with click and nothing else.

python -m bench.startup
"""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import click

from bench.common import table
from commands.main import cli

TIMES = 5
BAR = 0.5
XLFORGE = str(Path(sys.executable).with_name("xlforge"))


def every(group: click.Command, *before: str) -> Iterator[tuple[str, ...]]:
    """The words of each command that does something."""
    if not isinstance(group, click.Group):
        yield before
        return
    context = click.Context(group)
    for name in group.list_commands(context):
        if found := group.get_command(context, name):
            yield from every(found, *before, name)


def best(*command: str) -> float:
    """Seconds of the fastest of a few runs."""
    seconds = []
    for _ in range(TIMES):
        start = time.perf_counter()
        subprocess.run(command, check=True, capture_output=True)
        seconds.append(time.perf_counter() - start)
    return min(seconds)


def main() -> None:
    least = best(sys.executable, "-c", "import click")
    found = {" ".join(words): best(XLFORGE, *words, "--help") for words in every(cli)}
    rows = [(name, seconds, seconds / least) for name, seconds in found.items()]
    table(f"Seconds to begin, best of {TIMES}", [("command", "seconds", "of Python with click"), *rows])
    if late := [name for name, seconds in found.items() if seconds >= BAR]:
        sys.exit(f"these take {BAR} s or more to begin: {', '.join(late)}")


if __name__ == "__main__":
    main()

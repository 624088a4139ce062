"""The text of the comment, section by section. A section that fails gives its error, and the others stay."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from xlforge.base.errors import BuildError
from xlforge.base.escape import plain
from xlforge.base.git import git_or_none
from xlforge.base.markdown import inert, literal
from xlforge.report.pull_request import changes

LARGEST = 60_000
"""Characters of the whole text: GitHub takes 65,536, and the workflow adds a few lines."""
ROWS = "Rows"
_LARGE = 9_000
_RESERVE = 2_000
Printed = tuple[str, int]
"""What a command prints, and its exit status."""


@dataclass(frozen=True)
class Section:
    """One section.

    Args:
        title: its heading.
        command: shows the same, and more, in a terminal.
        body: Markdown.
        folded: whether a reader opens it first.
        fails: whether its command failed; where that is the one of the gates, the check of the pull request fails.
    """

    title: str
    command: str
    body: str
    folded: bool = False
    fails: bool = False


def merge_base(revision: str) -> str:
    """The commit at which the branch left `revision`. Raises BuildError where there is none."""
    found = git_or_none("merge-base", "--end-of-options", revision, "HEAD")
    if found is None:
        what = f"{revision!r} and HEAD have no common commit here"
        raise BuildError(f"{what}: fetch the history (git fetch origin), or give another --base")
    return found.strip()[:12]


def sections(base: str, images: Path, xlforge: Callable[..., Printed]) -> list[Section]:
    """All sections in reading order.

    Args:
        base: the commit to compare with.
        images: the folder for plots.
        xlforge: runs a command of xlforge with `--md`.
    """
    return [
        _section("Gates", f"xlforge check --against {base}", lambda: xlforge("check", "--against", base)),
        _section("Cost", "xlforge plan --allow-missing", lambda: xlforge("plan", "--allow-missing")),
        _section(ROWS, f"xlforge diff {base}", lambda: xlforge("diff", base)),
        _section("Plots", f"dvc plots diff {base} --open", lambda: (changes.plots(base, images), 0)),
        _section("Metrics", f"dvc metrics diff {base}", lambda: (changes.table("metrics", base), 0), folded=True),
        _section("Parameters", f"dvc params diff {base}", lambda: (changes.table("params", base), 0), folded=True),
        _section("Lock", f"git diff {base} -- dvc.lock", lambda: (changes.stages(base), 0), folded=True),
    ]


def _section(title: str, command: str, make: Callable[[], Printed], *, folded: bool = False) -> Section:
    try:
        body, status = make()
    except Exception as error:  # the other sections are useful without this one
        # The text of an error that is not ours may quote an address with a password.
        message = str(error) if isinstance(error, BuildError) else f"{type(error).__name__}; the command shows more"
        lines = literal(plain(message)).splitlines()
        body, status = "This could not be made: " + "  \n".join(lines), 1
    return Section(title, command, body, folded, fails=status != 0)


def markdown(found: list[Section], revision: str, base: str) -> str:
    """The comment, at most LARGEST characters: the rows take the room that the other sections leave."""
    head = f"## What this changes from {revision.replace('`', '')} (`{base}`)\n"
    others = [len(inert(_block(section, _LARGE))) for section in found if section.title != ROWS]
    room = LARGEST - _RESERVE - len(head) - sum(others)
    return inert(head + "".join(_block(section, room if section.title == ROWS else _LARGE) for section in found))


def _block(section: Section, room: int) -> str:
    body = f"`{section.command}`\n\n{cut(section.body, room, section.command).strip()}\n"
    if section.folded:
        return f"\n<details><summary>{section.title}</summary>\n\n{body}\n</details>\n"
    return f"\n## {section.title}\n\n{body}"


def cut(body: str, room: int, command: str) -> str:
    """The whole lines of a Markdown text that fit, with open fences and folds closed, and the number of those that do not fit."""
    lines = body.splitlines()
    kept, fence, folds = 0, "", 0
    for line in lines:
        room -= len(inert(line)) + 1
        if room < 0:
            break
        kept += 1
        run = (re.match("`{3,}", line) or [""])[0]
        if run and not fence:
            fence = run
        elif fence and len(run) >= len(fence) and line.strip("`") == "":
            fence = ""
        elif not fence:
            folds += line.count("<details>") - line.count("</details>")
    if kept == len(lines):
        return body
    closing = [fence] * bool(fence) + [""] + ["</details>"] * folds
    return "\n".join([*lines[:kept], *closing, "", f"{len(lines) - kept} more lines are in `{command}`."])

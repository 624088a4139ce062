"""What the comment says, section by section. One that cannot be made says so, and the others stand."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xlforge.base.errors import BuildError
from xlforge.base.escape import plain
from xlforge.base.markdown import inert
from xlforge.report.pull_request import plots
from xlforge.report.pull_request.running import run_dvc

LARGEST = 60_000
"""Characters of the whole: GitHub takes 65,536, and `post` adds its own."""
_LARGE = 9_000
_OF_THE_LAST = 2_000


@dataclass(frozen=True)
class Section:
    """command: what tells the same, and more, in a terminal. folded: shown when it is asked for."""

    title: str
    command: str
    body: str
    folded: bool = False
    fails: bool = False


def merge_base(revision: str) -> str:
    """The commit that the branch left `revision` at. Raises BuildError where there is none."""
    done = subprocess.run(
        ["git", "merge-base", "--end-of-options", revision, "HEAD"], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise BuildError(
            f"git knows no commit that {revision!r} and HEAD both come from: fetch it with its history "
            "(git fetch origin), or name another with --base"
        )
    return done.stdout.strip()[:12]


def sections(base: str, images: Path) -> list[Section]:
    """All of them, in the order they are read. base: a commit. images: the folder for plots."""
    return [
        _gates(base),
        _made("Cost", "xlforge plan --allow-missing", _plan),
        _made("Rows", f"xlforge diff {base}", lambda: _rows(base)),
        _made("Plots", f"dvc plots diff {base} --open", lambda: plots.section(base, images)),
        _made("Metrics", f"dvc metrics diff {base}", lambda: _dvc("metrics", base), folded=True),
        _made("Parameters", f"dvc params diff {base}", lambda: _dvc("params", base), folded=True),
        _made("Lock", f"git diff {base} -- dvc.lock", lambda: _lock(base), folded=True),
    ]


def markdown(told: list[Section], revision: str, base: str) -> str:
    """The comment, at most LARGEST characters. The rows have what room the others leave."""
    head = f"## What this changes from {revision.replace('`', '')} (`{base}`)\n"
    bodies = {section.title: cut(section.body, _LARGE, section.command) for section in told}
    rows = next((section for section in told if section.title == "Rows"), None)
    if rows is not None:
        others = sum(len(inert(body)) + 200 for title, body in bodies.items() if title != "Rows") + len(head)
        bodies["Rows"] = cut(rows.body, LARGEST - others - _OF_THE_LAST, rows.command)
    return inert(head + "".join(_block(section, bodies[section.title]) for section in told))


def _block(section: Section, body: str) -> str:
    if section.folded:
        told = f"<details><summary>{section.title}</summary>\n\n`{section.command}`\n\n{body.strip()}\n\n</details>\n"
    else:
        told = f"## {section.title}\n\n`{section.command}`\n\n{body.strip()}\n"
    return f"\n{told}"


def cut(body: str, room: int, command: str) -> str:
    """Whole lines of a Markdown text that fit, with what they leave open closed, and how many do not."""
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


def quoted(words: str) -> str:
    """Words as a block of code, which they cannot leave."""
    body = plain(words)
    fence = "`" * max(3, 1 + max(map(len, re.findall("`+", body)), default=0))
    return f"{fence}text\n{body}\n{fence}"


def _made(title: str, command: str, make: Callable[[], str], *, folded: bool = False) -> Section:
    try:
        return Section(title, command, make(), folded)
    except Exception as error:  # a section's fault is told in its place: the others are worth reading without it
        return Section(title, command, f"This could not be made.\n\n{quoted(_fault(error, command))}", folded)


def _gates(base: str) -> Section:
    from commands.check import markdown as told_in_markdown
    from xlforge.config.params import load
    from xlforge.diff.gates import held

    command = f"xlforge check --against {base}"
    try:
        told = held(load()["gates"], base)
    except Exception as error:
        words = f"The gates could not be held, so they fail.\n\n{quoted(_fault(error, command))}"
        return Section("Gates", command, words, fails=True)
    body = "\n".join(told_in_markdown(told, base))
    return Section("Gates", command, body, fails=any(each.fails for each in told))


def _plan() -> str:
    from xlforge.base.project import state
    from xlforge.plan import making
    from xlforge.plan import render as telling

    plan = making.plan((), allow_missing=True)
    blind = not (state() / "runs.jsonl").exists()
    lead = ["There is no run log here, so the ranges are wide: `xlforge plan` where builds are made knows better.", ""]
    if not plan.stages:
        return "Nothing is to be built: `dvc.lock` has what parameters, code and inputs make."
    return "\n".join([*(lead * blind), *telling.markdown(plan)])


def _rows(base: str) -> str:
    from xlforge.diff import render as telling
    from xlforge.diff.builds import compare
    from xlforge.diff.sides import side

    told = compare(side(base), side(None), 2)
    blind = told["not_compared"]
    lead = (
        f"**Rows were not compared** in {len(blind)} of the files that differ: they are neither here nor on a remote that can be read "
        "from here. What is told of them comes from the committed metrics.\n\n"
        if blind
        else ""
    )
    return lead + telling.markdown(told)


def _lock(base: str) -> str:
    from xlforge.lineage.commits import LOCK, lock

    was = subprocess.run(["git", "show", f"{base}:{LOCK}"], capture_output=True, text=True, check=False)
    old, new = lock(was.stdout).get("stages", {}), lock().get("stages", {})
    lines = [f"- `{name}`: {_otherwise(old.get(name), new.get(name))}" for name in _differing(old, new)]
    return "\n".join(lines) or "`dvc.lock` is the same."


def _otherwise(old: Any, new: Any) -> str:
    if old is None or new is None:
        return "was not built before" if old is None else "is gone"
    told = [
        f"{part} {', '.join(f'`{name}`' for name in _parts(old, new, part))}" for part in ("deps", "params", "outs")
    ]
    told = [words for words in told if "`" in words]
    return "; ".join(told) or "its command"


def _parts(old: Any, new: Any, part: str) -> list[str]:
    """The paths or keys that differ."""
    sides = []
    for entry in (old, new):
        content = entry.get(part, {})
        if part == "params":
            sides.append({f"{file}:{key}": value for file, keys in content.items() for key, value in keys.items()})
        else:
            sides.append({each["path"]: each for each in content})
    return [name.removeprefix("params.yaml:") for name in _differing(*sides)]


def _differing(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    return [name for name in sorted(old.keys() | new.keys()) if old.get(name) != new.get(name)]


def _dvc(what: str, base: str) -> str:
    rows = list(_table(run_dvc(what, "diff", "--md", base)))
    return "\n".join(rows) if len(rows) > 2 else "None changed."


def _table(told: str) -> Iterator[str]:
    """dvc's table without its padding; words of others in it are no Markdown."""
    for row in told.splitlines():
        if row.strip():
            narrow = re.sub(r" {2,}", " ", re.sub("-{3,}", "---", plain(row)))
            yield re.sub(r"([\\`*<>\[\]~]|(?<!\w)_|_(?!\w)|^#)", r"\\\1", narrow)


def _fault(error: Exception, command: str) -> str:
    """A fault in words; of one that no code of ours made only the kind, since it may quote an address with a password."""
    return str(error) if isinstance(error, BuildError) else f"{type(error).__name__}: `{command}` tells more"

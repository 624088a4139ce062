"""How Sphinx makes the site of these pages: `make docs`. The pages of commands are made here, from the command line itself."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import click
from sphinx.application import Sphinx

from commands.main import COMMANDS

project = "xlforge"
html_title = project
extensions = ["myst_parser", "sphinx_click"]
exclude_patterns = ["_build"]
nitpicky = True
myst_heading_anchors = 3
default_role = "code"  # the help of commands spells code as Markdown does
smartquotes = False  # which would make one dash of two
html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_copyright = False

_MARKUP = re.compile(r"(`[^`]*`|\*\*Required\*\*)|(?<!\S)(--[a-z-]+)|([\\*|_@])")
"""Code, and what sphinx-click adds; options; and what else reStructuredText would take for markup."""
_OUT = re.compile(r"\]\((?!https?:|#)([^)]+)\)")
_FILE = re.compile(r"\[([^\]]+)\]\(\.\./([^)]+)\)")


def command_pages(app: Sphinx) -> None:
    """A page for each command, and one that lists them."""
    folder = Path(app.srcdir, "commands")
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    text = [_title("Commands"), "Every command prints the same with `--help`.", ""]
    toctree = [".. toctree::", "   :hidden:", ""]
    for name, what in COMMANDS.items():
        module = f"commands.{name.replace('-', '_')}"
        page = [f".. click:: {module}:command", f"   :prog: xlforge {name}", "   :nested: full", ""]
        (folder / f"{name}.rst").write_text("\n".join(page), encoding="utf-8")
        text += [f":doc:`xlforge {name} <{name}>`", f"   {_plain(what)}", ""]
        toctree.append(f"   {name}")
    (folder / "index.rst").write_text("\n".join([*text, *toctree, ""]), encoding="utf-8")


def _title(words: str) -> str:
    return f"{words}\n{'=' * len(words)}\n"


def _plain(text: str) -> str:
    return _MARKUP.sub(lambda found: found[1] or (f"`{found[2]}`" if found[2] else f"\\{found[3]}"), text)


def plain_words(app: Sphinx, ctx: click.Context, lines: list[str]) -> None:
    """The help of commands is words, not markup; directives and their options stay."""
    text = (line if line.lstrip().startswith((".. ", ":")) else _plain(line) for line in lines)
    lines[:] = [line.replace("**Required** ", "**Required**: ") for line in text]


def as_text(app: Sphinx, ctx: click.Context, lines: list[str]) -> None:
    """Usage is no shell script."""
    lines[:] = [line.replace("code-block:: shell", "code-block:: text") for line in lines]


def left_out(app: Sphinx, ctx: click.Context, lines: list[str]) -> None:
    """Of arguments sphinx-click knows no more than the usage says; the help tells what they are."""
    lines.clear()


def example(app: Sphinx, ctx: click.Context, lines: list[str]) -> None:
    """`Example: …`, as a command to copy."""
    text = " ".join(line.strip() for line in lines).strip()
    if text:
        lines[:] = [".. rubric:: Example", "", ".. code-block:: sh", "", f"   {text.removeprefix('Example: ')}", ""]


def links(app: Sphinx, name: str, source: list[str]) -> None:
    """The README is a page of the site; files that are none are named instead of linked."""
    if name == "readme":
        readme = Path(app.srcdir, "..", "README.md").resolve()
        app.env.note_dependency(str(readme))
        source[0] = _OUT.sub(r"](../\1)", readme.read_text(encoding="utf-8")).replace("](../docs/", "](")
    source[0] = _FILE.sub(r"\1 (`\2`)", source[0].replace("](../README.md", "](readme.md"))


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", command_pages)
    app.connect("source-read", links)
    app.connect("sphinx-click-process-description", plain_words)
    app.connect("sphinx-click-process-usage", as_text)
    app.connect("sphinx-click-process-options", plain_words)
    app.connect("sphinx-click-process-arguments", left_out)
    app.connect("sphinx-click-process-epilog", example)

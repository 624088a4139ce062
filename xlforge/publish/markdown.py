"""Markdown from words that others wrote: every value that a card's template prints is made harmless, unless it is made here."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from xlforge.base import escape as safely

TEMPLATES = Path(__file__).parent / "templates"
_SPECIAL = re.compile(r"[\\`*\[\]|~#]|(?<![^\W_])_|_(?![^\W_])")
_FENCES = re.compile(r"`+")


def shown(text: str) -> str:
    """The text with everything spelt out that a reader would obey instead of see."""
    return safely.plain(text.replace("\r\n", "\n"))


def plain(text: str) -> Markup:
    """Words in a line of running text or a table's cell: no markup, no HTML, no line break."""
    bare = " ".join(shown(text).split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Markup(_SPECIAL.sub(lambda match: f"\\{match.group()}", bare))


def code(text: object) -> Markup:
    """Words in code style, inside a line or a cell."""
    bare = " ".join(shown(str(text)).split()).replace("|", "¦")
    ticks = "`" * (_longest(bare) + 1)
    pad = " " if bare.startswith("`") or bare.endswith("`") else ""
    return Markup(f"{ticks}{pad}{bare}{pad}{ticks}") if bare else Markup("–")


def fenced(text: str, language: str = "text") -> Markup:
    """A block of code that nothing in the text can close."""
    fence = "`" * max(3, _longest(text) + 1)
    return Markup(f"{fence}{language}\n{shown(text).rstrip()}\n{fence}")


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> Markup:
    """A table; its cells are printed as the template prints values."""
    lines = [head, ["---"] * len(head), *([_printed(cell) for cell in row] for row in rows)]
    return Markup("\n".join(f"| {' | '.join(line)} |" for line in lines))


def figure(value: Any, digits: int = 1) -> str:
    """A number with a fixed count of digits; a dash where there is none."""
    return "–" if value is None else f"{value:.{digits}f}" if isinstance(value, float) else f"{value:,}"


def rendered(name: str, **values: Any) -> str:
    """A template of templates/, filled; the same values give the same bytes. jinja2.UndefinedError names what is missing."""
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        undefined=jinja2.StrictUndefined,
        finalize=_printed,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters.update(code=code, fenced=fenced, figure=figure)
    environment.globals.update(table=table)
    return environment.get_template(name).render(**values)


def _printed(value: Any) -> str:
    return value if isinstance(value, Markup) else plain("–" if value is None else str(value))


def _longest(text: str) -> int:
    return max((len(run) for run in _FENCES.findall(text)), default=0)

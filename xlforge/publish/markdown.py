"""Markdown from untrusted text: every value that a card's template prints is escaped, unless it was made here.

The cards are rendered here and not by `DatasetCard.from_template`, which escapes nothing, prints a missing value as an empty one, and
cannot include another template.
"""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from xlforge.base import escape, markdown
from xlforge.report.labels import called

TEMPLATES = Path(__file__).parent / "templates"
LONGEST = 1200
"""Characters of one text that a card shows."""
_SPECIAL = re.compile(r"[\\`*\[\]|~#]|(?<![^\W_])_|_(?![^\W_])")


def plain(text: str) -> Markup:
    """Text in a paragraph or a table's cell: no markup, no HTML, no line break."""
    bare = escape.line(text).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return Markup(_SPECIAL.sub(lambda match: f"\\{match.group()}", bare))


def code(text: object) -> Markup:
    """Text in code style, in a paragraph or a cell; a dash for None and an empty text."""
    bare = escape.line("" if text is None else str(text)).replace("|", "¦")
    ticks = "`" * (1 + markdown.longest_run(bare))
    pad = " " if bare.startswith("`") or bare.endswith("`") else ""
    return Markup(f"{ticks}{pad}{bare}{pad}{ticks}") if bare else Markup("–")


def fenced(text: str, language: str = "text") -> Markup:
    """A block of code that nothing in the text can close."""
    return Markup(markdown.fenced(escape.plain(text.replace("\r\n", "\n")).rstrip(), language))


def table(head: Sequence[str], rows: Sequence[Sequence[Any]]) -> Markup:
    """A table; its cells are escaped like the template's values."""
    lines = [head, ["---"] * len(head), *([_printed(cell) for cell in row] for row in rows)]
    return Markup("\n".join(f"| {' | '.join(line)} |" for line in lines))


def figure(value: Any, digits: int = 1) -> str:
    """A number with a fixed count of digits; a dash for None."""
    return "–" if value is None else f"{value:.{digits}f}" if isinstance(value, float) else f"{value:,}"


def interval(row: dict[str, Any], name: str) -> str:
    """The 95 % interval of a row's figure; the reason where it has none; a dash where there is no figure."""
    if row["low"] is None:
        return "–" if row[name] is None else "too few prompts"
    return f"{row['low']:.1f} to {row['high']:.1f}"


def cut(text: str) -> str:
    """A text as a card shows it."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]} … ({len(text) - LONGEST} more characters)"


def rendered(name: str, **values: Any) -> str:
    """A template of templates/, filled. Equal values give equal bytes. Raises jinja2.UndefinedError for a missing value."""
    options: dict[str, Any] = dict.fromkeys(("trim_blocks", "lstrip_blocks", "keep_trailing_newline"), True)
    loader = jinja2.FileSystemLoader(TEMPLATES)
    environment = jinja2.Environment(loader=loader, undefined=jinja2.StrictUndefined, finalize=_printed, **options)
    environment.filters.update(called=called, code=code, cut=cut, fenced=fenced, figure=figure, interval=interval)
    environment.globals.update(table=table)
    return environment.get_template(name).render(**values)


def _printed(value: Any) -> str:
    return value if isinstance(value, Markup) else plain("–" if value is None else str(value))

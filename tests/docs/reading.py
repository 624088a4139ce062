"""What README.md and the pages in docs/ tell a reader to type, as a Markdown parser reads it.

Before a block an HTML comment, which no reader sees, may say that it is not run here, and why, or what has to be done first:

    <!-- not run: REASON -->
    <!-- run first:
    COMMANDS
    -->
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it import MarkdownIt

from tests.project import ROOT

PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
COMMANDS = {"sh": "sh", "python": "python", "yaml": "yaml", "": "sh"}
"""What is run, by the language of its block; an indented block has none. YAML is edited into params.yaml."""
SHOWN = re.compile(r"text|\{.*")
"""What is only shown: output, and directives of the site."""
README = {
    "make repro": "it installs every package and builds for minutes; .ci/run does so in a clean clone",
    "make env": "it needs a server with a model; tests/initial builds so",
    "export XLFORGE_ENDPOINT": "it needs models that are served elsewhere; tests/builds/test_endpoint_builds.py builds against an endpoint",
}
"""Blocks of the README that are not run, by how they begin: its text is for readers on the web alone."""
INLINE = re.compile(r"(xlforge|dvc|make|python -m) \S")
NOTE = re.compile(r"<!-- (not run|run first):\s(.*?)\s*-->", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One block of a page. language: sh, python or yaml. first: commands to run before it. reason: why it is not run, if it is not."""

    page: str
    line: int
    language: str
    text: str
    first: str = ""
    reason: str = ""

    @property
    def place(self) -> str:
        return f"{self.page}:{self.line}"


def blocks(page: str, text: str) -> list[Block]:
    """The blocks of a page, in order; ValueError for a note before none, and for a block in a language that nobody runs."""
    found: list[Block] = []
    notes: dict[str, str] = {}
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        line = token.map[0] + 1 if token.map else 0
        if token.type == "html_block" and (said := NOTE.findall(token.content)):
            notes |= dict(said)
        elif token.type in ("fence", "code_block") and not SHOWN.fullmatch(info := token.info.strip()):
            if info not in COMMANDS:
                raise ValueError(
                    f"{page}:{line}: a block of {info} is not run: make it sh, python or yaml, or text to show"
                )
            reason = notes.pop("not run", "") or _reason(page, token.content)
            found.append(Block(page, line, COMMANDS[info], token.content, notes.pop("run first", ""), reason))
        if notes and token.type not in ("html_block", "fence", "code_block"):
            raise ValueError(f"{page}:{line}: a note must stand before a block of sh, python or yaml")
    return found


def inline(page: str, text: str) -> Iterator[tuple[str, str]]:
    """Commands inside the running text: place and words."""
    for token in MarkdownIt("commonmark").enable("table").parse(text):
        for child in token.children or []:
            if child.type == "code_inline" and INLINE.match(child.content):
                yield f"{page}:{token.map[0] + 1 if token.map else 0}", child.content


def links(text: str) -> list[str]:
    """Where the links of a page lead."""
    tokens = [child for token in MarkdownIt("commonmark").enable("table").parse(text) for child in token.children or []]
    return [str(token.attrs["href"]) for token in tokens if token.type == "link_open"]


def _reason(page: str, text: str) -> str:
    if page != "README.md":
        return ""
    return next((reason for start, reason in README.items() if text.startswith(start)), "")


def read() -> list[Block]:
    """Every block of every page."""
    return [block for page in PAGES for block in blocks(page.name, page.read_text(encoding="utf-8"))]

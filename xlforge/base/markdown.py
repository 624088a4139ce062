"""Markdown that is only read: it calls nobody, links nowhere, loads nothing.

A word joiner, which nobody sees, goes between the letters that GitHub would obey together: `@` and a name, `<` and a tag, `](` of a
link. Headings, tables, emphasis, code, and `<details>` with its `<summary>` stay what they are.

`python -m xlforge.base.markdown FILE` prints a file that way. It needs nothing but Python, because the workflow that posts a comment
installs nothing.
"""

import re
import sys
from pathlib import Path

from xlforge.base.escape import plain

JOINER = "\u2060"
_OBEYED = re.compile(
    r"""
      (?<=(?<![A-Za-z0-9])@)(?=\w)                              # a mention
    | (?<=\#)(?=\d) | (?<=GH-)(?=\d)                            # a reference to an issue, which leaves a trace there
    | (?<=<)(?=[A-Za-z/!?])(?!/?details>|/?summary>)            # a tag, a comment, an address
    | (?<=&)(?=[\#A-Za-z])                                      # an entity, which may spell any of these
    | (?<=!)(?=\[) | (?<=\])(?=[(:\[])                          # an image, a link, what a link refers to
    | (?<=:)(?=//) | (?<=www)(?=\.)                             # an address as it stands
    """,
    re.VERBOSE | re.IGNORECASE,
)
_MARKUP = re.compile(r"[\\`*_{}\[\]<>|#]")


def inert(text: str) -> str:
    """The text with joiners where it would be obeyed; a second time changes nothing."""
    return _OBEYED.sub(JOINER, text)


def literal(text: str) -> str:
    """The text with a backslash before each character that is Markdown or HTML."""
    return _MARKUP.sub(lambda found: f"\\{found.group()}", text)


def fenced(text: str, language: str = "text") -> str:
    """The text as a block of code, which nothing in it can close."""
    fence = "`" * max(3, 1 + longest_run(text))
    return f"{fence}{language}\n{text}\n{fence}"


def longest_run(text: str) -> int:
    """The number of backticks in the longest run of them."""
    return max(map(len, re.findall("`+", text)), default=0)


def main() -> None:
    """Prints a file so that nothing in it is obeyed."""
    text = Path(sys.argv[1]).read_text(encoding="utf-8", errors="replace")
    sys.stdout.buffer.write(inert(plain(text)).encode("utf-8", "replace"))


if __name__ == "__main__":
    main()

"""Markdown that is only read: it calls nobody, links nowhere, loads nothing.

A word joiner, which nobody sees, goes between the letters that GitHub would obey together: `@` and a name, `<` and a tag, `](` of a
link. Headings, tables, emphasis, code, and `<details>` with its `<summary>` stay what they are.

This module and `post` need nothing but Python: they run where nothing of the project is installed.
"""

from __future__ import annotations

import re

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


def inert(text: str) -> str:
    """The text with joiners where it would be obeyed; a second time changes nothing."""
    return _OBEYED.sub(JOINER, text)

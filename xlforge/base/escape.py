"""Printing words that others wrote: nothing in them moves a cursor, hides a letter or turns the writing round.

What a terminal or a reader would obey instead of show (control characters, escape sequences, bidirectional overrides) is spelt out:
ESC as \\x1b. Joiners, which some scripts cannot do without, stay.
"""

import os
import re
from typing import Any

# C0 without tab and newline, DEL, C1; separators; overrides, isolates and marks of direction; what is invisible; lone surrogates.
_OBEYED = re.compile(
    "[\\x00-\\x08\\x0b-\\x1f\\x7f-\\x9f\u2028\u2029\u202a-\u202e\u2066-\u206f\u200e\u200f\u061c\ufeff\ufff9-\ufffb\U000e0000-\U000e007f\ud800-\udfff]"
)


def _spelt(found: re.Match[str]) -> str:
    code = ord(found.group())
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def plain(text: str) -> str:
    """The text with everything spelt out that is obeyed and not shown; newlines and tabs stay."""
    return _OBEYED.sub(_spelt, text)


def line(text: str) -> str:
    """The same in one line."""
    return plain(" ".join(text.split()))


def as_json(data: Any) -> str:
    """Indented JSON that is as safe to look at; it says the same as any other JSON of the data."""
    import json

    text = json.dumps(data, ensure_ascii=False, indent=2)
    return _OBEYED.sub(lambda found: json.dumps(found.group())[1:-1], text)


def styled(text: str, **style: Any) -> str:
    """The text in a style, unless NO_COLOR asks for none; `click.echo` drops it where the output is not a terminal."""
    import click

    return text if os.environ.get("NO_COLOR") else click.style(text, **style)

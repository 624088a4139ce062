"""What a process of xlforge writes to the terminal: in any encoding, without characters that a terminal obeys, without secrets."""

import os
import sys
from io import TextIOWrapper
from typing import Any, TextIO

from xlforge.base.escape import plain
from xlforge.base.redact import redactor, secret_values


class Shown:
    """A stream that escapes what is written to it; see `shown`. In all else it is the stream."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        self.stream.write(shown(text))
        return len(text)

    def __getattr__(self, name: str) -> Any:
        if name == "buffer":  # click would write there, past this class, where the encoding is ASCII
            raise AttributeError(name)
        return getattr(self.stream, name)


def prepare() -> None:
    """Makes every message on standard error safe, tracebacks included. What an encoding lacks is replaced, on both streams."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    if not isinstance(sys.stderr, Shown):
        sys.stderr = Shown(sys.stderr)  # type: ignore[assignment]


def shown(text: str) -> str:
    """The text without secrets of this process, and with control characters and direction overrides as escapes."""
    return plain(redactor(secret_values(os.environ))(text))


def cursor_stream() -> TextIO:
    """Standard error as it is, for a progress bar, which moves the cursor."""
    return sys.stderr.stream if isinstance(sys.stderr, Shown) else sys.stderr

"""How far a stage's model calls are: a line that is redrawn on a terminal, a plain line now and then elsewhere.

Rows done of how many, how many of them were found in the store, tokens a second and the time left; on stderr.
"""

from __future__ import annotations

import sys
import time

from tqdm import tqdm

_EVERY = 5.0
_SHORT = 2.0


class Progress:
    """One batch of requests on its way. What takes under two seconds says nothing where there is no terminal."""

    def __init__(self, label: str, total: int, found: int) -> None:
        self._label, self._total, self._found = label, total, found
        self._done, self._tokens, self._failed = found, 0, 0
        self._start = self._said = time.monotonic()
        self._bar: tqdm[None] | None = None
        if sys.stderr.isatty():
            shape = "{desc}: {n_fmt}/{total_fmt} rows |{bar}| {postfix}, {remaining} left"
            self._bar = tqdm(total=total, initial=found, desc=label, bar_format=shape, file=sys.stderr)
            self._bar.set_postfix_str(self._state(), refresh=True)

    def close(self) -> None:
        """The last word, unless it was soon over and nobody watches."""
        if self._bar is not None:
            self._bar.set_postfix_str(self._state(), refresh=True)
            self._bar.close()
        elif time.monotonic() - self._start > _SHORT:
            self._say()

    def add(self, rows: int, tokens: int, failed: int = 0) -> None:
        """Rows that were answered or given up, and the tokens that were bought with them."""
        self._done += rows
        self._tokens += tokens
        self._failed += failed
        if self._bar is not None:
            self._bar.set_postfix_str(self._state(), refresh=False)
            self._bar.update(rows)
        elif time.monotonic() - self._said >= _EVERY:
            self._say()

    def expect(self, rows: int) -> None:
        """So many more rows than were told before."""
        self._total += rows
        if self._bar is not None:
            self._bar.total = self._total

    def find(self, rows: int) -> None:
        """Rows that were asked for elsewhere meanwhile, and are in the store."""
        self._found += rows
        self.add(rows, 0)

    def _say(self) -> None:
        self._said = time.monotonic()
        asked, spent = self._done - self._found, self._said - self._start
        left = (
            f", {_clock((self._total - self._done) * spent / asked)} left" if asked and self._done < self._total else ""
        )
        print(f"{self._label}: {self._done}/{self._total} rows, {self._state()}{left}", file=sys.stderr, flush=True)

    def _state(self) -> str:
        asked = self._done - self._found
        speed = self._tokens / max(time.monotonic() - self._start, 1e-9)
        failed = f", {self._failed} failed" if self._failed else ""
        return f"{asked} asked, {self._found} found in the store{failed}, {speed:.0f} tokens/s"


def _clock(seconds: float) -> str:
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"

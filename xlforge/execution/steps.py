"""How far a training is: a line that is redrawn on a terminal, a plain line now and then elsewhere, on stderr.

Steps done of how many, the loss, tokens a second and the time left.
"""

from __future__ import annotations

import sys
import time

from tqdm import tqdm

_EVERY = 5.0


class Steps:
    """One training on its way."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._total = self._first = self._done = self._tokens = 0
        self._loss = 0.0
        self._start = self._said = time.monotonic()
        self._bar: tqdm[None] | None = None

    def begin(self, total: int, done: int) -> None:
        """It starts. done: steps that an earlier, killed run had made already."""
        self._total, self._first, self._done = total, done, done
        self._start = self._said = time.monotonic()
        if done:
            print(f"{self._label}: goes on from step {done} of {total}", file=sys.stderr, flush=True)
        if sys.stderr.isatty():
            shape = "{desc}: {n_fmt}/{total_fmt} steps |{bar}| {postfix}, {remaining} left"
            self._bar = tqdm(total=total, initial=done, desc=self._label, bar_format=shape, file=sys.stderr)

    def add(self, tokens: int, loss: float) -> None:
        """One more step, of so many tokens, at this loss."""
        self._done += 1
        self._tokens += tokens
        self._loss = loss
        if self._bar is not None:
            self._bar.set_postfix_str(self._state(), refresh=False)
            self._bar.update(1)
        elif time.monotonic() - self._said >= _EVERY or self._done == self._total:
            self._say()

    def close(self) -> None:
        """Leaves the line as it stands."""
        if self._bar is not None:
            self._bar.close()

    def _say(self) -> None:
        self._said = time.monotonic()
        spent = (self._said - self._start) / max(self._done - self._first, 1)
        seconds = int(spent * (self._total - self._done))
        left = f", {seconds // 60}:{seconds % 60:02d} left" if self._done < self._total else ""
        print(f"{self._label}: {self._done}/{self._total} steps, {self._state()}{left}", file=sys.stderr, flush=True)

    def _state(self) -> str:
        speed = self._tokens / max(time.monotonic() - self._start, 1e-9)
        return f"loss {self._loss:.3f}, {speed:.0f} tokens/s"

"""How far a stage is: a line that is redrawn on a terminal, a plain line now and then elsewhere; on stderr.

Things done of how many, what there is to say of them, and the time left.
"""

import sys
import time

from tqdm import tqdm

from xlforge.base.escape import line as escaped
from xlforge.base.terminal import cursor_stream

_EVERY = 5.0
_SHORT = 2.0


class Line:
    """So many things on their way. What takes under two seconds says nothing where there is no terminal.

    done: of the total, those that were done before this began.
    """

    def __init__(self, label: str, unit: str, total: int, done: int = 0) -> None:
        self._label, self._unit = escaped(label), unit
        self._total, self._before, self._done = total, done, done
        self._start = self._said = time.monotonic()
        self._state = ""
        self._bar: tqdm[None] | None = None
        if sys.stderr.isatty():
            shape = f"{{desc}}: {{n_fmt}}/{{total_fmt}} {unit} |{{bar}}| {{postfix}}, {{remaining}} left"
            self._bar = tqdm(total=total, initial=done, desc=self._label, bar_format=shape, file=cursor_stream())

    @property
    def seconds(self) -> float:
        """Since it began; never zero."""
        return max(time.monotonic() - self._start, 1e-9)

    def add(self, count: int, state: str = "", without_work: bool = False) -> None:
        """So many were done. state: what there is to say now. without_work: it took no time, which the time left is reckoned from."""
        self._done += count
        self._before += count * without_work
        self._state = escaped(state)
        if self._bar is not None:
            self._bar.set_postfix_str(self._state, refresh=False)
            self._bar.update(count)
        elif count and time.monotonic() - self._said >= _EVERY:
            self._say()

    def close(self) -> None:
        """The last word, unless it was soon over and nobody watches."""
        if self._bar is not None:
            self._bar.set_postfix_str(self._state, refresh=True)
            self._bar.close()
        elif self.seconds > _SHORT:
            self._say()

    def _say(self) -> None:
        self._said = time.monotonic()
        worked, open_ = self._done - self._before, self._total - self._done
        seconds = int(open_ * self.seconds / worked) if worked else 0
        left = f"{seconds // 60}:{seconds % 60:02d} left" if worked and open_ else ""
        line = ", ".join(filter(None, [f"{self._done}/{self._total} {self._unit}", self._state, left]))
        print(f"{self._label}: {line}", file=sys.stderr, flush=True)


class Progress:
    """One batch of requests on its way: how many responses were generated, how many were found in the cache, tokens a second."""

    def __init__(self, label: str, total: int, found: int) -> None:
        self._generated, self._found = 0, found
        self._tokens, self._failed = 0, 0
        self._line = Line(label, "rows", total, found)
        self._line.add(0, self._state())

    def close(self) -> None:
        """The last word, unless it was soon over and nobody watches."""
        self._line.add(0, self._state())
        self._line.close()

    def add(self, rows: int, tokens: int, failed: int = 0) -> None:
        """Rows that got a response or were given up, and the tokens generated."""
        self._generated += rows
        self._tokens += tokens
        self._failed += failed
        self._line.add(rows, self._state())

    def find(self, rows: int) -> None:
        """Rows whose responses another build generated meanwhile."""
        self._found += rows
        self._line.add(rows, self._state(), without_work=True)

    def _state(self) -> str:
        failed = f", {self._failed} failed" if self._failed else ""
        speed = self._tokens / self._line.seconds
        return f"{self._generated} generated, {self._found} in the cache{failed}, {speed:.0f} tokens/s"


class Steps:
    """One training on its way: its loss, tokens a second."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._tokens = 0
        self._line: Line | None = None

    def begin(self, total: int, done: int) -> None:
        """It starts. done: steps that an earlier, killed run had made already."""
        if done:
            print(f"{self._label}: goes on from step {done} of {total}", file=sys.stderr, flush=True)
        self._line = Line(self._label, "steps", total, done)

    def add(self, tokens: int, loss: float) -> None:
        """One more step, of so many tokens, at this loss. Raises RuntimeError before the start."""
        if self._line is None:
            raise RuntimeError("a step before the training began")
        self._tokens += tokens
        self._line.add(1, f"loss {loss:.3f}, {self._tokens / self._line.seconds:.0f} tokens/s")

    def close(self) -> None:
        """Leaves the line as it stands."""
        if self._line is not None:
            self._line.close()

"""Progress: a line that is redrawn on a terminal, plain lines now and then elsewhere, silence for what is soon over."""

from __future__ import annotations

import io
import sys

import pytest

from xlforge.base import progress
from xlforge.base.progress import Progress


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [100.0]
    monkeypatch.setattr(progress.time, "monotonic", lambda: now[0])
    return now


def test_plain_lines_come_every_few_seconds_and_at_the_end(
    clock: list[float], capsys: pytest.CaptureFixture[str]
) -> None:
    shown = Progress("translations de", total=100, found=20)
    for _ in range(40):
        clock[0] += 0.5
        shown.add(1, 30)
    shown.add(0, 0, failed=1)
    shown.close()
    lines = capsys.readouterr().err.splitlines()
    assert lines[0] == "translations de: 30/100 rows, 10 generated, 20 in the cache, 60 tokens/s, 0:35 left"
    assert lines[-1] == "translations de: 60/100 rows, 40 generated, 20 in the cache, 1 failed, 60 tokens/s, 0:20 left"
    assert len(lines) == 5


def test_what_is_soon_over_says_nothing(clock: list[float], capsys: pytest.CaptureFixture[str]) -> None:
    shown = Progress("scores", total=5, found=0)
    clock[0] += 1.5
    shown.add(5, 100)
    shown.close()
    assert capsys.readouterr().err == ""


def test_a_terminal_sees_one_line_redrawn(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    shown = Progress("scores", total=3, found=1)
    shown.add(2, 10)
    shown.close()
    text = terminal.getvalue()
    assert text.count("\n") == 1
    assert "scores: 3/3 rows" in text
    assert "2 generated, 1 in the cache" in text

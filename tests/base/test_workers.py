"""Work on rows by several processes: the same rows, whoever worked, and every fault told."""

from __future__ import annotations

import os
import signal
import time
from typing import Any

import pytest

from xlforge.base import workers as cores
from xlforge.base.errors import BuildError


@pytest.fixture
def shared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hands out at once, to two processes."""
    monkeypatch.setattr(cores, "_ALONE", 0.02)
    monkeypatch.setattr(cores, "_SHARE", 0.01)
    monkeypatch.setattr(cores, "_cores", lambda: 2)


def slowly(number: int) -> tuple[int, int]:
    time.sleep(0.002)
    return number * number, os.getpid()


@pytest.mark.usefixtures("shared")
def test_many_pieces_are_shared_out_and_come_back_in_order() -> None:
    made = cores.each(slowly, range(200), "squares")
    assert [value for value, _ in made] == [number * number for number in range(200)]
    assert len({process for _, process in made}) == 3, "this process, and two others"


def test_what_is_soon_over_is_done_here_and_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert {process for _, process in cores.each(slowly, range(20), "squares")} == {os.getpid()}
    assert capsys.readouterr().err == ""


@pytest.mark.usefixtures("shared")
def test_an_error_elsewhere_is_raised_here() -> None:
    def picky(number: int) -> int:
        time.sleep(0.002)
        if number == 150:
            raise ValueError("150 will not do")
        return number

    with pytest.raises(ValueError, match="150 will not do"):
        cores.each(picky, range(200), "picky")


@pytest.mark.usefixtures("shared")
def test_a_process_that_the_system_ends_is_told_of() -> None:
    here = os.getpid()

    def doomed(number: int) -> int:
        time.sleep(0.002)
        if number == 150 and os.getpid() != here:
            os.kill(os.getpid(), signal.SIGKILL)
        return number

    with pytest.raises(BuildError, match=r"checks: the system ended one of 2 processes.*memory"):
        cores.each(doomed, range(200), "checks")


@pytest.mark.usefixtures("shared")
@pytest.mark.parametrize("count", [1, 2])
def test_work_that_takes_long_says_how_far_it_is(
    count: int, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cores, "_cores", lambda: count)
    monkeypatch.setattr("xlforge.base.progress._EVERY", 0.05)
    monkeypatch.setattr("xlforge.base.progress._SHORT", 0.05)
    made: list[Any] = cores.each(slowly, range(150), "check")
    lines = capsys.readouterr().err.splitlines()
    assert len(made) == 150
    assert lines[0].startswith("check: ")
    assert lines[0].endswith(" left")
    assert lines[-1] == "check: 150/150 rows"

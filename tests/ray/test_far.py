"""Threads that ask on while the stage leaves Ray."""

from __future__ import annotations

from threading import Event, Thread

import pytest

from xlforge.models.ray.far import Gate, Left


def test_a_stage_leaves_ray_only_when_no_thread_is_in_a_call_and_lets_none_in_after_that() -> None:
    gate, began, may_end, left = Gate(), Event(), Event(), Event()

    def call() -> None:
        with gate.passed():
            began.set()
            may_end.wait()

    def leave() -> None:
        gate.shut()
        left.set()

    calling, leaving = Thread(target=call, daemon=True), Thread(target=leave, daemon=True)
    calling.start()
    began.wait()
    leaving.start()
    assert not left.wait(0.2)
    with pytest.raises(Left), gate.passed():
        pass
    may_end.set()
    assert left.wait(5)


def test_a_call_that_fails_holds_nobody_up() -> None:
    gate = Gate()
    with pytest.raises(ZeroDivisionError), gate.passed():
        _ = 1 / 0
    leaving = Thread(target=gate.shut, daemon=True)
    leaving.start()
    leaving.join(5)
    assert not leaving.is_alive()

"""Imports without garbage collection leave the collector as it was, also after an error and when nested."""

import gc
import sys

import pytest

from xlforge.base.imports import uncollected


def test_nothing_is_collected_within_and_the_collector_runs_again_afterwards() -> None:
    with uncollected():
        assert not gc.isenabled()
        with uncollected():
            pass
        assert not gc.isenabled()
    assert gc.isenabled()


def test_an_error_passes_and_the_collector_runs_again() -> None:
    with pytest.raises(ImportError), uncollected():
        raise ImportError
    assert gc.isenabled()


def test_what_exists_at_the_end_is_not_searched_later_and_newer_garbage_is() -> None:
    class Node:
        pass

    frozen = gc.get_freeze_count()
    with uncollected():
        kept = [Node() for _ in range(1000)]
    assert gc.get_freeze_count() >= frozen + 1000
    node = Node()
    node.itself = node  # type: ignore[attr-defined]
    del node
    assert gc.collect() >= 1
    assert sys.getrefcount(kept) == 2
    gc.unfreeze()

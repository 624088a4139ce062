"""The order of examples: each example equally often, little padding, and only the seed decides."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from random import Random

import pytest

from xlforge.training.order import order

LENGTHS = [Random(number).randint(20, 120) for number in range(203)]


def padded(found: list[int], size: int) -> int:
    """Tokens that are read when each pass is padded to its longest."""
    passes = [found[at : at + size] for at in range(0, len(found), size)]
    return sum(len(one) * max(LENGTHS[index] for index in one) for one in passes)


def test_every_example_comes_once_an_epoch_and_the_last_step_is_full() -> None:
    found = order(LENGTHS, epochs=3, batch=16, size=16, seed=0)
    assert len(found) == 39 * 16
    assert set(Counter(found).values()) == {3, 4}
    assert sum(count == 4 for count in Counter(found).values()) == 39 * 16 - 3 * 203


@pytest.mark.parametrize("size", [4, 16])
def test_examples_of_one_length_are_in_one_pass(size: int) -> None:
    found = order(LENGTHS, epochs=3, batch=16, size=size, seed=0)
    real = sum(LENGTHS[index] for index in found)
    assert padded(found, size) < 1.2 * real
    mixed = Random(0).sample(found, len(found))
    assert padded(mixed, size) > 1.3 * real


def test_neighbours_change_from_epoch_to_epoch_and_lengths_do_not_rise() -> None:
    found = order(LENGTHS, epochs=4, batch=16, size=16, seed=0)
    assert found[:203] != found[203:406]
    firsts = [LENGTHS[found[at]] for at in range(0, len(found), 16)]
    assert sum(one > other for one, other in pairwise(firsts)) > len(firsts) // 4


def test_the_seed_decides_and_nothing_else() -> None:
    assert order(LENGTHS, 2, 16, 16, 3) == order(LENGTHS, 2, 16, 16, 3) != order(LENGTHS, 2, 16, 16, 4)
    # The bytes of adapters depend on it, so it must not change.
    assert order([5, 3, 9, 4, 8], 2, 2, 2, 0) == [1, 0, 4, 2, 3, 3, 4, 2, 1, 0]


@pytest.mark.parametrize(("examples", "batch", "size"), [(1, 4, 2), (3, 8, 8), (7, 6, 3), (16, 16, 16)])
def test_few_examples_come_equally_often_too(examples: int, batch: int, size: int) -> None:
    found = order(list(range(examples)), 5, batch, size, 0)
    counts = Counter(found)
    assert len(found) % batch == 0 and len(found) - 5 * examples < batch
    assert max(counts.values()) - min(counts[index] for index in range(examples)) <= 1

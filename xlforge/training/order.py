"""The order in which examples are met: a function of the seed, and of no state that a killed training would lose.

One long list for the whole training: permutation after permutation, and in each stretch of a few passes the examples of about one
length stand together, so that little is spent on padding. Where an epoch ends within a pass, the next one fills it up; the last
step is filled up from one more.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

_PASSES = 8
"""Passes of a stretch; more would save little and mix less."""


def order(lengths: Sequence[int], epochs: int, batch: int, size: int, seed: int) -> list[int]:
    """Indices of the examples, `batch` for each step of the optimiser.

    lengths: of each example, in tokens. size: examples of one pass; batch is a multiple of it.
    """
    wanted, found, epoch = steps(len(lengths), epochs, batch) * batch, list[int](), 0
    while len(found) < wanted:
        mixed = _shuffled(len(lengths), seed, epoch, 0)
        begun = -len(found) % size
        whole = begun + (len(mixed) - begun) // size * size
        found += mixed[:begun]
        for start in range(begun, whole, _PASSES * size):
            stretch = mixed[start : min(start + _PASSES * size, whole)]
            alike = sorted(stretch, key=lambda index: (lengths[index], index))
            turns = _shuffled(len(alike) // size, seed, (epoch << 32) + start, 1)
            found += [index for turn in turns for index in alike[turn * size : (turn + 1) * size]]
        found += mixed[max(begun, whole) :]
        epoch += 1
    return found[:wanted]


def steps(examples: int, epochs: int, batch: int) -> int:
    """Steps of the optimiser in a training."""
    return -(-examples * epochs // batch)


def _shuffled(size: int, seed: int, number: int, kind: int) -> list[int]:
    # Sorted by raw Philox bits: these no version of numpy may change, unlike its ways of shuffling.
    lots = np.random.Philox(key=[(seed << 1) + kind, number]).random_raw(size)
    permutation: list[int] = np.argsort(lots, kind="stable").tolist()
    return permutation

"""The order of the examples in a training. It depends on the seed alone, so a killed training loses no state.

It is one long list for the whole training, permutation after permutation. In a stretch of a few passes, examples of similar length are
grouped into one pass, which saves padding. An epoch may end in the middle of a pass: the next epoch fills that pass up. One more
permutation fills the last step up.
"""

from collections.abc import Sequence

import numpy as np

_PASSES = 8
"""Passes of a stretch; more would save little padding and mix the examples less."""


def order(lengths: Sequence[int], epochs: int, batch: int, size: int, seed: int) -> list[int]:
    """Indices of the examples, `batch` for each optimizer step.

    Args:
        lengths: tokens of each example.
        batch: examples of a step, a multiple of `size`.
        size: examples of one pass.
    """
    steps = -(-len(lengths) * epochs // batch)
    wanted, found, epoch = steps * batch, list[int](), 0
    while len(found) < wanted:
        mixed = _shuffled(len(lengths), seed, epoch, 0)
        begun = -len(found) % size
        whole = begun + (len(mixed) - begun) // size * size
        found += mixed[:begun]
        for start in range(begun, whole, _PASSES * size):
            stretch = mixed[start : min(start + _PASSES * size, whole)]
            by_length = sorted(stretch, key=lambda index: (lengths[index], index))
            passes = _shuffled(len(by_length) // size, seed, (epoch << 32) + start, 1)
            found += [index for number in passes for index in by_length[number * size : (number + 1) * size]]
        found += mixed[max(begun, whole) :]
        epoch += 1
    return found[:wanted]


def _shuffled(size: int, seed: int, number: int, kind: int) -> list[int]:
    # Sorted by raw Philox bits: no version of numpy may change these, unlike its methods of shuffling.
    bits = np.random.Philox(key=[(seed << 1) + kind, number]).random_raw(size)
    return [*np.argsort(bits, kind="stable").tolist()]

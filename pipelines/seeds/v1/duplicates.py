"""Near-duplicates: MinHash signatures find pairs that may be alike, exact comparison decides.

A signature is cut into bands; two passages with an equal band share a bucket and are compared by the Jaccard similarity of their sets
of shingles. Passages are taken in order of id, and compared with those already kept: the first of a family stays, for every
order of the source. A bucket takes in at most 16 kept passages and a passage is compared with the 16 kept ones it shares most
buckets with, so that time grows with the number of passages even where all of them are alike; how many met a full bucket is counted.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rensa import RMinHash

from pipelines.seeds.v1.schema import NearDuplicate
from pipelines.seeds.v1.shingles import Hashes, Offsets, Words

_CROWD = 16
_SEED = 1
_MAX_MISSED = 0.01


@dataclass(frozen=True)
class Found:
    """The near-duplicates.

    Args:
        of: for each passage, in the order they were added, the number of the kept one that it repeats, or -1.
        similarity: to that one.
        crowded: how many kept passages met a full bucket; their own near-duplicates may have been missed.
    """

    of: NDArray[np.int64]
    similarity: NDArray[np.float64]
    crowded: int


class Duplicates:
    """Takes passages chunk by chunk; 8 bytes a band stay in memory, the shingles go to a scratch file."""

    def __init__(self, rule: NearDuplicate, scratch: Path) -> None:
        self.rule, self._scratch = rule, scratch
        self._rows_in_band = rows_in_band(rule.permutations, rule.threshold)
        self._keys: list[Hashes] = []
        self._counts: list[NDArray[np.int64]] = []

    def add(self, words: Words) -> None:
        runs, offsets = words.runs(self.rule.shingle)
        with self._scratch.open("ab") as file:
            runs.tofile(file)
        self._counts.append(np.diff(offsets))
        self._keys.append(self._bands(runs, offsets))

    def _bands(self, runs: Hashes, offsets: Offsets) -> Hashes:
        """One key a band."""
        sketch = RMinHash.digest_matrix_from_flat_token_hashes(
            runs, offsets.astype(np.uint64), num_perm=self.rule.permutations, seed=_SEED
        )
        flat = np.fromiter(chain.from_iterable(sketch.to_rows()), dtype=np.uint64)
        signature = flat.reshape(len(offsets) - 1, self.rule.permutations)
        bands = self.rule.permutations // self._rows_in_band
        cuts = [slice(band * self._rows_in_band, (band + 1) * self._rows_in_band) for band in range(bands)]
        return np.stack([_folded(signature[:, cut]) for cut in cuts], axis=1)

    def found(self, in_order: NDArray[np.int64]) -> Found:
        """in_order: the numbers of the passages in order of id."""
        of, similarity, crowded = np.full(len(in_order), -1), np.zeros(len(in_order)), 0
        if not len(in_order):
            return Found(of, similarity, crowded)
        buckets = shared_buckets(np.concatenate(self._keys))
        self._keys.clear()
        runs, ends = np.memmap(self._scratch, dtype=np.uint64, mode="r"), np.cumsum(np.concatenate(self._counts))
        kept: dict[int, list[int]] = defaultdict(list)
        for number in in_order[(buckets[in_order] >= 0).any(axis=1)].tolist():
            mine = [kept[bucket] for bucket in buckets[number].tolist() if bucket >= 0]
            own = _set(runs, ends, number)
            for other, _ in Counter(chain.from_iterable(mine)).most_common(_CROWD):
                alike = jaccard(own, _set(runs, ends, other))
                if alike >= self.rule.threshold and alike > similarity[number]:
                    of[number], similarity[number] = other, alike
            if of[number] < 0:
                with_room = [members for members in mine if len(members) < _CROWD]
                crowded += len(with_room) < len(mine)
                for members in with_room:
                    members.append(number)
        return Found(of, similarity, crowded)


def _set(runs: Hashes, ends: NDArray[np.int64], number: int) -> Hashes:
    """The set of shingles of a passage, as a sorted array."""
    return np.unique(runs[ends[number - 1] if number else 0 : ends[number]])


def rows_in_band(permutations: int, threshold: float) -> int:
    """The maximum rows of a band, so that a pair right at the threshold is missed in at most one case in a hundred."""
    for rows in range(permutations, 1, -1):
        if (1 - threshold**rows) ** (permutations // rows) <= _MAX_MISSED:
            return rows
    return 1


def shared_buckets(keys: Hashes) -> NDArray[np.int64]:
    """For each passage and band the number of the bucket, or -1 where it is alone in it."""
    out = np.full(keys.shape, -1, dtype=np.int64)
    for band, of_band in enumerate(keys.T):
        column = pl.Series(of_band)
        shared = column.is_duplicated().to_numpy()
        out[shared, band] = column.rank("dense").to_numpy()[shared] + band * len(keys)
    return out


def jaccard(one: Hashes, other: Hashes) -> float:
    """Shared over all, of two sets as sorted arrays without repeats."""
    shared = len(np.intersect1d(one, other, assume_unique=True))
    return shared / (len(one) + len(other) - shared)


def _folded(columns: Hashes) -> Hashes:
    """One 64-bit number from a few columns."""
    folded = np.zeros(len(columns), dtype=np.uint64)
    with np.errstate(over="ignore"):
        for column in columns.T:
            folded = (folded ^ column) * np.uint64(0x9E3779B97F4A7C15)
            folded ^= folded >> np.uint64(31)
    return folded

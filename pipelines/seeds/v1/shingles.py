"""Runs of words in a row, as 64-bit numbers: what near-duplicates and evaluation prompts are compared by.

Words are letters and digits, in lower case; punctuation, markup and spacing do not count. Numbers come from SHA-256, so that they are
the same on every machine and with every version of every library.
"""

import hashlib

import numpy as np
import polars as pl
from numpy.typing import NDArray

Hashes = NDArray[np.uint64]
Offsets = NDArray[np.int64]
_PRIME = np.uint64(0x9E3779B97F4A7C15)
_NO_WORD = np.uint64(0x5851F42D4C957F2D)


class Words:
    """The words of many texts as hashes, flat; text i has words[offsets[i]:offsets[i + 1]]."""

    def __init__(self, texts: pl.Series) -> None:
        found = texts.str.to_lowercase().str.extract_all(r"[\p{L}\p{N}]+")
        counts = found.list.len().to_numpy().astype(np.int64)
        self.offsets: Offsets = np.concatenate([[0], np.cumsum(counts)])
        coded = found.explode().drop_nulls().to_arrow().dictionary_encode()
        known = np.array([_hash(word) for word in coded.dictionary.to_pylist()], dtype=np.uint64)
        codes = coded.indices.to_numpy()
        self.hashes: Hashes = known[codes] if len(codes) else np.zeros(0, dtype=np.uint64)

    @property
    def counts(self) -> NDArray[np.int64]:
        return np.diff(self.offsets)

    def runs(self, length: int) -> tuple[Hashes, Offsets]:
        """The hashes of every run of `length` words, and the offsets that cut them by text.

        A text with fewer words has one run: all its words.
        """
        counts = np.maximum(self.counts, length)
        starts = np.concatenate([[0], np.cumsum(counts)])
        padded = np.full(int(starts[-1]), _NO_WORD)
        owner = np.repeat(np.arange(len(counts)), self.counts)
        padded[np.arange(len(self.hashes)) - self.offsets[owner] + starts[owner]] = self.hashes
        runs = np.zeros(max(len(padded) - length + 1, 0), dtype=np.uint64)
        with np.errstate(over="ignore"):
            for place in range(length):
                runs = (runs ^ padded[place : place + len(runs)]) * _PRIME
                runs ^= runs >> np.uint64(29)
        whole = np.ones(len(padded), dtype=bool)
        for last in range(1, length):
            whole[starts[1:] - last] = False
        return runs[whole[: len(runs)]], np.concatenate([[0], np.cumsum(counts - length + 1)])


def _hash(word: str) -> int:
    return int.from_bytes(hashlib.sha256(word.encode()).digest()[:8])

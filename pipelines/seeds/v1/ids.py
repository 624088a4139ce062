"""Ids of passages: what they are called, which are drawn, and how that survives edits.

An id is a stable part (the given id; else the file and position) and eight hexadecimal digits of the text's SHA-256, so that an
edited passage is a new row to everything downstream, while the sample, drawn by the given id alone, keeps it.
"""

from __future__ import annotations

import hashlib
import re

import numpy as np

_UNSAFE = re.compile(r"[^\w.-]+")
_LONGEST = 80


def seed_id(given: str | None, place: str, digest: bytes) -> str:
    """The id of a passage: from the id it was given, or the place it was found at, and the hash of its text.

    Ids travel into file names, HTML and later ids; whatever is not a letter, digit, dot, dash or underscore becomes `_`.
    """
    stable = _UNSAFE.sub("_", given if given is not None else place)[:_LONGEST]
    return f"{stable}-{digest[:4].hex()}"


def draw(salt: str, given: str | None, digest: bytes) -> int:
    """The lot of a passage, in [0, 2**64): those with the smallest are in the sample."""
    stable = digest if given is None else b"id:" + given.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(salt.encode() + b"\0" + stable).digest()[:8])


class Names:
    """Keeps ids unique: the same text under the same id again is told apart by a number."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._times: dict[str, int] = {}

    def unique(self, name: str) -> str:
        while name in self._seen:
            self._times[name] = self._times.get(name, 1) + 1
            name = f"{name}.{self._times[name]}"
        self._seen.add(name)
        return name


def sampled(draws: np.ndarray, wanted: int | None) -> np.ndarray:
    """The positions of the `wanted` smallest lots, in order of position; all where wanted is null or more than there are.

    Equal lots (one given id, several texts) are taken in order of position.
    """
    if wanted is None or wanted >= len(draws):
        return np.arange(len(draws))
    return np.sort(np.argsort(draws, kind="stable")[:wanted])

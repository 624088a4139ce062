"""Ids of passages and the sample, so that both survive edits.

An id is a stable part (the given id; else the file and position) and eight hexadecimal digits of the text's SHA-256, so that an
edited passage is a new row to everything downstream, while the sample, taken by the given id alone, keeps it.
"""

import hashlib
import re

import numpy as np
from numpy.typing import NDArray

_UNSAFE = re.compile(r"[^\w.-]+")
_MAX_STABLE = 80


def seed_id(given: str | None, place: str, digest: bytes) -> str:
    """The id of a passage: from its given id, or else its place, and the hash of its text.

    Ids are used in file names, HTML and later ids, so anything but letters, digits, dots, dashes and underscores becomes `_`.
    """
    stable = _UNSAFE.sub("_", given if given is not None else place)[:_MAX_STABLE]
    return f"{stable}-{digest[:4].hex()}"


def sample_hash(salt: str, given: str | None, digest: bytes) -> int:
    """A number in [0, 2**64): the passages with the smallest ones are in the sample."""
    stable = digest if given is None else b"id:" + given.encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.sha256(salt.encode() + b"\0" + stable).digest()[:8])


class Names:
    """Makes ids unique: the same text under the same id again gets a number."""

    def __init__(self) -> None:
        self._seen: set[str] = set()
        self._times: dict[str, int] = {}

    def unique(self, name: str) -> str:
        while name in self._seen:
            self._times[name] = self._times.get(name, 1) + 1
            name = f"{name}.{self._times[name]}"
        self._seen.add(name)
        return name


def sampled(hashes: NDArray[np.uint64], wanted: int | None) -> NDArray[np.int64]:
    """The positions of the `wanted` smallest hashes, in order of position; all where `wanted` is None or more than there are.

    Equal hashes (one given id, several texts) are taken in order of position.
    """
    if wanted is None or wanted >= len(hashes):
        return np.arange(len(hashes))
    return np.sort(np.argsort(hashes, kind="stable")[:wanted])

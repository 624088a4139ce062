"""Invented names, and the rule that keeps those of the shipped data out of training.

A name belongs to one pool for good, by a hash of its letters: `prompts` and `seeds` are held out, `train` is the rest.
Every name starts with a consonant (the Hungarian article before it is then always "a") and repeats no syllable.
"""

from __future__ import annotations

import hashlib
from random import Random
from typing import Literal

Pool = Literal["prompts", "seeds", "train"]

_FIRST = (
    "Ba Be Bo Da De Do Fa Fe Ga Go Ka Ke Ko La Le Lo Ma Me Mo Na Ne No Pa Pe Ra Re Ro Sa Se So Ta Te To Va Ve Vo Za"
)
_MIDDLE = "bi bu da di du fi ga gi gu ki ku la li lu mi mu na ni nu pi pu ra ri ru si su ti tu va vi vu zi zu"
_LAST = (
    "bal dan del dor fen gar kan kel lan len lin lor man men mor nal nel nor pas pen rak ran rin ros sal "
    "sen sol tal tan tor ven vin zan zen"
)


def pool(name: str) -> Pool:
    """The pool that a name belongs to: one in sixteen is for prompts, one in sixteen for seeds."""
    bucket = hashlib.sha256(name.encode()).digest()[0] % 16
    return "prompts" if bucket == 0 else "seeds" if bucket == 1 else "train"


def invent(rng: Random, want: Pool) -> str:
    """A new name from a pool: two to four syllables, none of them twice."""
    while True:
        middle = rng.sample(_MIDDLE.split(), rng.choice((0, 1, 1, 1, 2)))
        name = rng.choice(_FIRST.split()) + "".join(middle) + rng.choice(_LAST.split())
        if pool(name) == want:
            return name


def syllables(name: str) -> list[str]:
    """The syllables that a name was made of: Do-ra-mel."""
    middle = name[2:-3]
    return [name[:2], *(middle[at : at + 2] for at in range(0, len(middle), 2)), name[-3:]]

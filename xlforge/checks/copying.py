"""Words of the source that a translation copies, and a phrase that it repeats again and again."""

import itertools
import re

from xlforge.checks.sentences import UNSPACED

_WORD = re.compile(r"[^\W\d_]+(?:['-][^\W\d_]+)*")
_CHANCE = 3
"""A run of fewer uncapitalised words can be chance: das Hotel in Berlin, per capita."""


def own_words(text: str) -> int:
    """The words of an English text that begin with a small letter; those with a capital may be names, which stay."""
    return sum(word[0].islower() for word in _words(text))


def copied(source: str, target: str) -> tuple[str, float]:
    """The longest run of words that the target copies from the source, and the share of the source's own words copied.

    Words with a capital belong to a run, and count for neither figure.
    """
    ours, theirs = _words(source), _words(target)
    own = [word[0].islower() for word in ours]
    starts: dict[tuple[str, str], list[int]] = {}
    for at, pair in enumerate(itertools.pairwise(theirs)):
        starts.setdefault(pair, []).append(at)
    longest, most, taken, at = "", 0, 0, 0
    while at < len(ours) - 1:
        run = max((_run(ours, theirs, at, start) for start in starts.get((ours[at], ours[at + 1]), [])[:50]), default=1)
        counted = sum(own[at : at + run])
        if counted >= _CHANCE:
            taken += counted
            if counted > most:
                longest, most = " ".join(ours[at : at + run]), counted
        at += run
    return longest, taken / max(sum(own), 1)


def loop(text: str, longest: int = 24) -> tuple[str, int, float]:
    """The phrase that is repeated most in direct succession.

    Args:
        text: to search.
        longest: words of a phrase, or characters in scripts without spaces.

    Returns:
        The phrase, how often it occurs in succession, at least three times, and its share of the text; `("", 1, 0.0)` if none.
    """
    wide = UNSPACED.findall(text)
    units = wide if len(wide) * 2 > len(text) else text.lower().split()
    best = ("", 1, 0.0)
    for width in range(1, min(longest, len(units) // 3) + 1):
        run = 0
        for at in range(width, len(units) + 1):
            if at < len(units) and units[at] == units[at - width]:
                run += 1
                continue
            times, share = run // width + 1, (run + width) / len(units)
            if times >= 3 and share > best[2]:
                best = (" ".join(units[at - width : at]), times, share)
            run = 0
    return best


def _words(text: str) -> list[str]:
    return _WORD.findall(text.replace("’", "'"))


def _run(ours: list[str], theirs: list[str], at: int, start: int) -> int:
    pairs = zip(itertools.islice(ours, at, None), itertools.islice(theirs, start, None), strict=False)
    return sum(1 for _ in itertools.takewhile(lambda pair: pair[0] == pair[1], pairs))

"""Which sentences of a translation render which of its source, and which source sentences nothing renders.

After Gale and Church (1993): sentences correspond in order, one to one for the most part, now and then split or merged,
and the length of each rendering is probable or not. What must look alike (numbers, Latin words, quotation and question
marks) makes a pair more probable where it is on both sides, and less where it is on one. A sentence was dropped if the
best alignment that leaves one out is more probable, by a margin, than the best that leaves out none.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass

from xlforge.quality.names import folded, long_words, names, stem
from xlforge.quality.numbers import numbers
from xlforge.quality.numerals import chinese, spelled
from xlforge.quality.sentences import OTHER, RENDERINGS, sentences, size

LONGEST, MOST = 30_000, 400
"""Characters, and sentences, of both texts together beyond which they are not aligned."""
_BAND = 8
"""Sentences by which a translation may lag behind or run ahead."""
_OFTEN = {
    **{(1, 1): 0.89, (1, 2): 0.06, (2, 1): 0.015, (1, 3): 0.01, (2, 2): 0.005, (3, 1): 0.005},
    **{(1, 0): 0.01, (0, 1): 0.005},
}
"""How many source and target sentences go together, and how often."""
_BEADS = {sizes: math.log(often) for sizes, often in _OFTEN.items()}
_LONGEST_RUN = max(theirs for _, theirs in _OFTEN)
_STATES = ("even", "dropped", "added")
"""What an alignment has left over so far. One that drops and adds sentences renders freely, and is not looked for."""
_NUMBER_KEPT, _SAID_KEPT, _MARK_KEPT, _MARK_ADDED = 0.9, 0.5, 0.9, 0.05
_MARKS = ('"“”„«»「」‘', "?？;", "!！", "%％", "(（")
_UNRELATED = 0.8
"""The spread of log size among sentences that have nothing to do with each other."""
_MANNER, _MANNER_PRIOR = 0.12, -1.125
"""A translator or a kind of text may be wordier or terser throughout: by so much in log size, at such a price in nats."""
_DOUBTFUL = -6.0
"""Evidence from which on this is looked into."""

_Corner = tuple[int, int]
_Evidence = list[list[float]]


@dataclass(frozen=True)
class Alignment:
    """pairs: source and target texts that go together in the best alignment.

    dropped: the source sentences that the best alignment which leaves some out leaves out. evidence: how much more
    probable, in nats, that one is than the best that leaves out none; minus infinity where none can be left out.
    """

    pairs: tuple[tuple[str, str], ...]
    dropped: tuple[str, ...]
    evidence: float


def align(source: str, target: str, code: str) -> Alignment | None:
    """Align a translation in a language with its English source; None if one has no sentence or both are too long."""
    ours, theirs = sentences(source), sentences(target)
    if not ours or not theirs or len(source) + len(target) > LONGEST or len(ours) + len(theirs) > MOST:
        return None
    model = _Model(ours, theirs, code)
    best = _best(model, 0.0)
    if best["dropped"][0] - max(best["even"][0], best["added"][0]) > _DOUBTFUL:
        for manner in (-_MANNER, _MANNER):
            for state, (score, corners) in _best(model, manner).items():
                best[state] = max(best[state], (score + _MANNER_PRIOR, corners))
    whole = max(best["even"], best["added"])
    score, leaving = best["dropped"]
    evidence = score - whole[0] if leaving else -math.inf
    dropped = [" ".join(ours[i:i_end]) for (i, j), (i_end, j_end) in itertools.pairwise(leaving) if j == j_end]
    pairs = [
        (" ".join(ours[i:i_end]), " ".join(theirs[j:j_end]))
        for (i, j), (i_end, j_end) in itertools.pairwise(leaving if evidence > 0 else whole[1])
        if i < i_end and j < j_end
    ]
    return Alignment(tuple(pairs), tuple(dropped), evidence)


def _best(model: _Model, manner: float) -> dict[str, tuple[float, list[_Corner]]]:
    """For each state the most probable alignment that ends in it: its score and the corners of its beads."""
    ends = len(model.ours), len(model.theirs)
    best: dict[tuple[_Corner, str], tuple[float, tuple[_Corner, str] | None]] = {((0, 0), "even"): (0.0, None)}
    width = _BAND + abs(ends[0] - ends[1])
    for i, j in itertools.product(range(ends[0] + 1), range(ends[1] + 1)):
        known = [(state, best[(i, j), state][0]) for state in _STATES if ((i, j), state) in best]
        if not known or abs(i - j) > width:
            continue
        for (m, n), prior in _BEADS.items():
            if i + m > ends[0] or j + n > ends[1]:
                continue
            bead = model.score(i, i + m, j, j + n, manner)
            for state, before in known:
                after = state if m and n else _STATES[m - n]
                if state not in ("even", after):
                    continue
                score, there = before + prior + bead, ((i + m, j + n), after)
                if there not in best or score > best[there][0]:
                    best[there] = (score, ((i, j), state))
    found: dict[str, tuple[float, list[_Corner]]] = {}
    for state in _STATES:
        at: tuple[_Corner, str] | None = (ends, state)
        score, corners = best.get((ends, state), (-math.inf, None))[0], []
        while at in best:
            corners.append(at[0])
            at = best[at][1]
        found[state] = (score, corners[::-1])
    return found


class _Anchor:
    """Something in a source sentence that its rendering shows with probability `kept`, and the target sentences with it.

    evidence: in nats, of the run of n target sentences from sentence j on, under [n - 1][j].
    """

    def __init__(self, kept: float, where: list[bool]) -> None:
        others = max(sum(where) - 1, 0)  # one of them is taken to be its rendering
        chance = min(max((others + 0.1) / (len(where) + 1), 0.01), 0.95 * kept)
        self.evidence = _by_run(where, kept, chance)


class _Model:
    """How probable it is that a run of target sentences renders a run of source sentences."""

    def __init__(self, ours: list[str], theirs: list[str], code: str) -> None:
        self.usual = RENDERINGS.get(code, OTHER)
        self.ours, self.theirs = [size(text) for text in ours], [size(text) for text in theirs]
        self.middle = sum(map(math.log, self.theirs)) / len(theirs)
        self.marks = [[any(char in text for char in mark) for mark in _MARKS] for text in ours]
        self.mark_evidence = [self._of_mark(mark, theirs) for mark in _MARKS]
        plain = [folded(text) for text in theirs]
        values = [frozenset().union(*(number.values for number in numbers(text, code))) for text in theirs]
        if code == "zh":  # whose numerals can be read
            values = [value.union(chinese(text)) for value, text in zip(values, theirs, strict=True)]
        known = {word for name in names("\n".join(ours)) for word in name.split()}
        self.anchors: list[list[_Anchor]] = []
        for text in ours:
            digits = [
                _Anchor(_NUMBER_KEPT, [number.within(value) for value in values]) for number in numbers(text, "en")
            ]
            words = [
                _Anchor(self._kept(word, known), [first in other for other in plain])
                for word, first in ((word, stem(word)) for word in long_words(text))
            ]
            said = {value for value in spelled(text) if value > 1} if code == "zh" else set()
            numerals = [_Anchor(_SAID_KEPT, [number in value for value in values]) for number in sorted(said)]
            self.anchors.append(digits + words + numerals)

    def _kept(self, word: str, names: set[str]) -> float:
        if word in names:
            return self.usual.name
        return self.usual.word if word[0].islower() else (self.usual.word + self.usual.name) / 2

    @staticmethod
    def _of_mark(mark: str, theirs: list[str]) -> tuple[_Evidence, _Evidence]:
        """Of a mark that the source sentences lack, and of one that they have."""
        where = [any(char in text for char in mark) for text in theirs]
        chance = (sum(where) + 0.5) / (len(theirs) + 1)
        return _by_run(where, _MARK_ADDED, chance), _by_run(where, _MARK_KEPT, chance)

    def score(self, i: int, i_end: int, j: int, j_end: int, manner: float) -> float:
        """The logarithm of the probability that sentences j to j_end render i to i_end in such a manner."""
        if j == j_end:
            return 0.0
        there = sum(self.theirs[j:j_end])
        if i == i_end:
            return _density((math.log(there) - self.middle) / _UNRELATED, _UNRELATED)
        here = sum(self.ours[i:i_end])
        spread = self.usual.spread(here)
        score = _density(self.usual.surprise(here, there) - manner / spread, spread)
        run = j_end - j - 1
        for anchors in self.anchors[i:i_end]:
            for anchor in anchors:
                score += anchor.evidence[run][j]
        for has, evidence in zip(map(any, zip(*self.marks[i:i_end], strict=True)), self.mark_evidence, strict=True):
            score += evidence[has][run][j]
        return score


def _density(deviations: float, spread: float) -> float:
    """The logarithm of a normal density whose tails are cut, so that no single length decides."""
    return max(-0.5 * deviations**2, -12.0) - math.log(spread * math.sqrt(2 * math.pi))


def _by_run(where: list[bool], kept: float, chance: float) -> _Evidence:
    """The evidence of every run of target sentences: that it shows what is kept with such a probability, or does not."""
    shown, lacking = math.log(kept / chance), math.log((1 - kept) / (1 - chance))
    ends = range(len(where))
    return [[shown if any(where[j : j + n]) else lacking for j in ends] for n in range(1, _LONGEST_RUN + 1)]

"""Which sentences of a translation render which of its source, and which source sentences nothing renders.

After Gale and Church (1993): sentences correspond in order, one to one for the most part, now and then split or merged,
and the length of each rendering is probable or not. What must look alike (numbers, Latin words, quotation and question
marks) makes a pair more probable where it is on both sides, and less where it is on one. A sentence was dropped if the
best alignment that leaves one out is more probable, by a margin, than the best that leaves out none.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from xlforge.checks.names import folded, long_words, names, stem
from xlforge.checks.numbers import Number, numbers
from xlforge.checks.numerals import spelled, values
from xlforge.checks.sentences import deviation, sentences, size, spread
from xlforge.languages.registry import traits

MAX_CHARACTERS, MAX_SENTENCES = 30_000, 400
"""Of both texts together; longer texts are not aligned."""
_BAND = 8
"""Sentences by which a translation may lag behind or run ahead."""
_OFTEN = {(1, 1): 0.89, (1, 2): 0.06, (2, 1): 0.015, (1, 3): 0.01, (2, 2): 0.005, (3, 1): 0.005}
_OFTEN |= {(1, 0): 0.01, (0, 1): 0.005}
"""How many source and target sentences go together, and how often."""
_LONGEST_RUN = max(theirs for _, theirs in _OFTEN)
_STATES = ("even", "dropped", "added")
"""What an alignment has left out up to here. One that both drops and adds sentences is a free rendering, and not searched."""
_NUMBER_KEPT, _SPELLED_KEPT, _MARK_KEPT, _MARK_ADDED = 0.9, 0.5, 0.9, 0.05
_MARKS = ('"“”„«»「」‘', "?？;", "!！", "%％", "(（")
_UNRELATED = 0.8
"""The standard deviation of log size among unrelated sentences."""
_WORDIER, _WORDIER_PRIOR = 0.12, -1.125
"""A translator or a kind of text may be wordier or terser throughout: by so much in log size, at such a cost in nats."""
_DOUBTFUL = -6.0
"""Evidence above which this is tried."""

_Corner = tuple[int, int]
_Anchor = tuple[int, float, list[bool]]
"""A number or word of a source sentence: which sentence, how often translations keep it, and which target sentences show it."""
_Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Alignment:
    """The best alignment.

    Args:
        pairs: source and target texts that correspond.
        dropped: the source sentences without a rendering, in the best alignment that has some.
        evidence: how much more probable that one is, in nats, than the best without; minus infinity where there is none.
        added: the target sentences that render nothing, in the best alignment that has some, where all are first or last.
        added_evidence: how much more probable that one is, in nats, than the best without; minus infinity where there is none.
    """

    pairs: tuple[tuple[str, str], ...]
    dropped: tuple[str, ...]
    evidence: float
    added: tuple[str, ...] = ()
    added_evidence: float = -math.inf


def align(source: str, target: str, code: str) -> Alignment | None:
    """Aligns a translation in a language with its English source.

    Returns:
        None if one has no sentence, both are too long, or the language does not mark the ends of its sentences.
    """
    if len(source) + len(target) > MAX_CHARACTERS or not traits(code).sentence_marks:
        return None
    ours, theirs = _source(source), sentences(target, code)
    if not ours.sentences or not theirs or len(ours.sentences) + len(theirs) > MAX_SENTENCES:
        return None
    model = _Model(ours, theirs, code)
    best = _best(model, 0.0)
    if best["dropped"][0] - max(best["even"][0], best["added"][0]) > _DOUBTFUL:
        for wordier in (-_WORDIER, _WORDIER):
            for state, (score, corners) in _best(model, wordier).items():
                best[state] = max(best[state], (score + _WORDIER_PRIOR, corners))
    whole = max(best["even"], best["added"])
    score, leaving = best["dropped"]
    evidence = score - whole[0] if leaving else -math.inf
    dropped = [" ".join(ours.sentences[i:i_end]) for (i, j), (i_end, j_end) in pairwise(leaving) if j == j_end]
    pairs = [
        (" ".join(ours.sentences[i:i_end]), " ".join(theirs[j:j_end]))
        for (i, j), (i_end, j_end) in pairwise(leaving if evidence > 0 else whole[1])
        if i < i_end and j < j_end
    ]
    return Alignment(tuple(pairs), tuple(dropped), evidence, *_added(best, theirs))


def sentence_pairs(source: str, target: str, code: str) -> list[tuple[str, str]]:
    """The sentences of a source and a translation that correspond; both texts as one pair where they cannot be aligned."""
    aligned = align(source, target, code)
    return list(aligned.pairs) if aligned else [(source, target)]


def weighted(source: str, pairs: Sequence[tuple[str, str]], scores: Sequence[float]) -> float:
    """A text's score: the mean of its pairs' scores by the size of the source, where a source sentence without a rendering counts 0."""
    total = sum(size(left) * score for (left, _), score in zip(pairs, scores, strict=True))
    return round(total / max(size(source), sum(size(left) for left, _ in pairs), 1), 6)


def _added(best: dict[str, tuple[float, list[_Corner]]], theirs: list[str]) -> tuple[tuple[str, ...], float]:
    """The first and last target sentences that render nothing, and the evidence for it; see Alignment."""
    score, corners = best["added"]
    spans = [(j, j_end) for (i, j), (i_end, j_end) in pairwise(corners) if i == i_end]
    middle = [span for span in spans if span[0] > 0 and span[1] < len(theirs)]
    if not spans or middle:
        return (), -math.inf
    return tuple(" ".join(theirs[j:j_end]) for j, j_end in spans), score - max(best["even"][0], best["dropped"][0])


def _best(model: "_Model", wordier: float) -> dict[str, tuple[float, list[_Corner]]]:
    """For each state the most probable alignment that ends in it: its score and the corners of its beads."""
    ends = len(model.ours), len(model.theirs)
    width = _BAND + abs(ends[0] - ends[1])
    scores = [[[-math.inf] * (ends[1] + 1) for _ in range(ends[0] + 1)] for _ in _STATES]
    before: dict[tuple[int, int, int], tuple[int, int, int]] = {}
    scores[0][0][0] = 0.0
    beads = [(m, n, model.beads(m, n, wordier)) for m, n in _OFTEN if m <= ends[0] and n <= ends[1]]
    for i in range(ends[0] + 1):
        for j in range(max(0, i - width), min(ends[1], i + width) + 1):
            known = [(state, scores[state][i][j]) for state in range(3) if scores[state][i][j] > -math.inf]
            for m, n, bead in beads if known else ():
                if i + m > ends[0] or j + n > ends[1]:
                    continue
                for state, score in known:
                    after = state if m and n else (m - n) % 3
                    if state in (0, after) and score + bead[i][j] > scores[after][i + m][j + n]:
                        scores[after][i + m][j + n] = score + bead[i][j]
                        before[after, i + m, j + n] = state, i, j
    found: dict[str, tuple[float, list[_Corner]]] = {}
    for state, name in enumerate(_STATES):
        score, corners, at = scores[state][ends[0]][ends[1]], [], (state, *ends)
        if score > -math.inf:
            corners.append(ends)
            while at in before:
                at = before[at]
                corners.append(at[1:])
        found[name] = score, corners[::-1]
    return found


@dataclass(frozen=True)
class _Source:
    """What is known of a source, whatever language it is translated into.

    Args:
        sentences, sizes: in order.
        marks: [sentences, marks], which sentence has which.
        digits: the numbers of each sentence.
        words: of each sentence those that a translation may keep, each with its stem and whether it belongs to a name.
        spelled: the numbers that each sentence spells out.
    """

    sentences: list[str]
    sizes: list[int]
    marks: NDArray[np.bool_]
    digits: list[tuple[Number, ...]]
    words: list[list[tuple[str, str, bool]]]
    spelled: list[list[Fraction]]


@lru_cache(maxsize=64)
def _source(text: str) -> _Source:
    found = sentences(text)
    known = {word for name in names("\n".join(found)) for word in name.split()}
    return _Source(
        sentences=found,
        sizes=[size(sentence) for sentence in found],
        marks=_marks(found),
        digits=[numbers(sentence, "en") for sentence in found],
        words=[[(word, stem(word), word in known) for word in long_words(sentence)] for sentence in found],
        spelled=[sorted({value for value in spelled(sentence) if value > 1}) for sentence in found],
    )


class _Model:
    """How probable it is that a run of target sentences renders a run of source sentences.

    Evidence is in nats; [n - 1, j] of it is of the run of n target sentences from sentence j on.
    """

    def __init__(self, source: _Source, theirs: list[str], code: str) -> None:
        self.usual = traits(code).rendering
        self.ours, self.theirs = source.sizes, [size(text) for text in theirs]
        self.middle = sum(map(math.log, self.theirs)) / len(theirs)
        self.marks = source.marks
        shown = _marks(theirs).T
        chance = (shown.sum(1) + 0.5) / (len(theirs) + 1)
        self.mark_evidence = [_by_run(shown, np.full(len(_MARKS), kept), chance) for kept in (_MARK_ADDED, _MARK_KEPT)]
        anchors = list(self._anchors(source, theirs, code))
        self.anchors = np.zeros((len(self.ours), _LONGEST_RUN, len(theirs)))
        if anchors:
            whose, often, where = (np.array(each) for each in zip(*anchors, strict=True))
            others = np.maximum(where.sum(1) - 1, 0)  # one of them is taken to be its rendering
            chance = np.minimum(np.maximum((others + 0.1) / (len(theirs) + 1), 0.01), 0.95 * often)
            np.add.at(self.anchors, whose, _by_run(where, often, chance))

    def _anchors(self, source: _Source, theirs: list[str], code: str) -> Iterator[_Anchor]:
        numerals = traits(code).numerals
        digits = [[number.values for number in numbers(text, code)] for text in theirs]
        written = [frozenset(values(text, numerals)).union(*found) for text, found in zip(theirs, digits, strict=True)]
        plain = [folded(text) for text in theirs]
        for i in range(len(self.ours)):
            for number in source.digits[i]:
                yield i, _NUMBER_KEPT, [number.found_in(found) for found in written]
            for word, first, named in source.words[i]:
                yield i, self._kept(word, named), [first in text for text in plain]
            for value in source.spelled[i] if numerals else ():
                yield i, _SPELLED_KEPT, [value in found for found in written]

    def _kept(self, word: str, named: bool) -> float:
        if named:
            return self.usual.name
        return self.usual.word if word[0].islower() else (self.usual.word + self.usual.name) / 2

    def beads(self, m: int, n: int, wordier: float) -> list[list[float]]:
        """[i][j] is the log-probability that m source sentences from i on correspond to n target sentences from j on.

        wordier: by how much the whole translation exceeds the usual log size.
        """
        here, there = _runs(self.ours, m), _runs(self.theirs, n)
        shape = len(self.ours) - m + 1, len(self.theirs) - n + 1
        score = np.zeros(shape)
        if not m:
            score += _density((np.log(there) - self.middle) / _UNRELATED, _UNRELATED)
        elif n:
            usual = spread(self.usual, here)[:, None]
            score += _density(deviation(self.usual, here[:, None], there) - wordier / usual, usual)
            for i in range(m):
                score += self.anchors[i : i + shape[0], n - 1, : shape[1]]
            has = np.any([self.marks[i : i + shape[0]] for i in range(m)], axis=0)[:, :, None]
            added, kept = (evidence[:, n - 1, : shape[1]] for evidence in self.mark_evidence)
            score += np.where(has, kept, added).sum(1)
        return [*(score + math.log(_OFTEN[m, n])).tolist()]


def _marks(texts: Sequence[str]) -> NDArray[np.bool_]:
    """[texts, marks]"""
    return np.array([[any(char in text for char in mark) for mark in _MARKS] for text in texts], dtype=bool)


def _runs(sizes: list[int], length: int) -> _Floats:
    """The size of every run of so many sentences."""
    ends: _Floats = np.concatenate([[0.0], np.cumsum(sizes)])
    return ends[length:] - ends[: len(ends) - length]


def _density(deviations: _Floats, scale: _Floats | float) -> _Floats:
    """The logarithm of a normal density with bounded tails, so that no single length decides."""
    return np.asarray(np.maximum(-0.5 * deviations**2, -12.0) - np.log(scale * math.sqrt(2 * math.pi)))


def _by_run(where: NDArray[np.bool_], kept: _Floats, chance: _Floats) -> _Floats:
    """The evidence, [things, run, target sentences], of runs that show what is kept with such a probability, or do not.

    where: [things, target sentences]. kept, chance: of each thing, that its rendering shows it, and that any sentence does.
    """
    shown = [where]
    for n in range(1, _LONGEST_RUN):
        further = np.zeros_like(where)
        further[:, :-n] = where[:, n:]
        shown.append(shown[-1] | further)
    yes, no = np.log(kept / chance), np.log((1 - kept) / (1 - chance))
    return np.where(np.stack(shown, axis=1), yes[:, None, None], no[:, None, None])

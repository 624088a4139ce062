"""How much of a passage is English, for many passages at once.

Each passage is cut into windows of about 150 characters, and py3langid's model judges each. The library runs its automaton byte by byte
in Python, which takes five minutes for a million passages; here all windows of a chunk take each step together, in NumPy. The
probabilities are those of the library: a test compares them.
"""

import unicodedata
from collections.abc import Sequence
from functools import cache

import numpy as np
import scipy.sparse
from numpy.typing import NDArray
from py3langid.langid import LanguageIdentifier

from xlforge.checks.language import CLEAR, MARGIN

Floats = NDArray[np.float32]
_WINDOW = 150
_AT_ONCE = 20_000


def english(texts: Sequence[str]) -> tuple[NDArray[np.float64], list[str]]:
    """For each text, the share of it that is English, in [0, 1], and the language most of it is in ("" if none is clear).

    A window whose language is not clear does not count; a text without any English has share 0.
    """
    if not texts:
        return np.zeros(0), []
    cut = [windows(text) for text in texts]
    owner = np.repeat(np.arange(len(texts)), [len(pieces) for pieces in cut])
    flat = [piece for pieces in cut for piece in pieces]
    weight = np.array([len(piece) for piece in flat], dtype=np.float64)
    judged = np.concatenate([probabilities(flat[at : at + _AT_ONCE]) for at in range(0, len(flat), _AT_ONCE)])
    labels = _model().labels
    best, own = judged.argmax(axis=1), judged[:, labels.index("en")]
    is_english = best == labels.index("en")
    is_other = ~is_english & (judged.max(axis=1) >= CLEAR) & (judged.max(axis=1) >= MARGIN * own)
    yes = np.bincount(owner, weight * is_english, minlength=len(texts))
    no = np.bincount(owner, weight * is_other, minlength=len(texts))
    share = np.divide(yes, yes + no, out=np.zeros(len(texts)), where=yes > 0).round(3)
    votes = np.zeros((len(texts), len(labels)))
    np.add.at(votes, (owner, best), weight * (is_english | is_other))
    return share, [labels[at] if votes[number, at] else "" for number, at in enumerate(votes.argmax(axis=1))]


def windows(text: str) -> list[str]:
    """The text in parts of about equal length, cut at spaces."""
    parts = max(1, round(len(text) / _WINDOW))
    cuts = [0]
    for part in range(1, parts):
        near = len(text) * part // parts
        space = text.find(" ", near, near + _WINDOW // 4)
        cuts.append(space if space > 0 else near)
    return [text[start:end] for start, end in zip(cuts, [*cuts[1:], len(text)], strict=True)]


def probabilities(texts: Sequence[str]) -> Floats:
    """One row a text, one column a language of the model's labels."""
    model, encoded = _model(), [_encoded(text) for text in texts]
    lengths = np.array([len(data) for data in encoded])
    longest_first = np.argsort(-lengths, kind="stable")
    seen = _features(model, [encoded[at] for at in longest_first], lengths[longest_first])
    scores = seen @ model.weights + model.prior
    scores *= 1 / np.sqrt(np.maximum(lengths[longest_first], 1))[:, None].astype(np.float32)
    # A text without any known feature: every language is equally likely.
    scores[np.diff(seen.indptr) == 0] = 0
    scores = np.exp(scores - scores.max(axis=1, keepdims=True))
    scores /= scores.sum(axis=1, keepdims=True)
    for first, double in model.aliases:
        scores[:, first] += scores[:, double]
        scores[:, double] = 0
    in_order: Floats = np.empty_like(scores)
    in_order[longest_first] = scores
    return in_order


def _encoded(text: str) -> bytes:
    return unicodedata.normalize("NFC", text.lower() if text.isupper() else text).encode("utf-8", "surrogatepass")


class _Model:
    """py3langid's tables as arrays: an automaton over bytes, whose states emit features, and each feature's weight in each language."""

    def __init__(self) -> None:
        identifier = LanguageIdentifier.from_model_file("data/model.npz.xz", norm_probs=True)
        self.next = np.asarray(identifier.tk_nextmove, dtype=np.int32)
        self.row = np.asarray(identifier.tk_row, dtype=np.int32) << 8
        self.feature = np.asarray(identifier.tk_output, dtype=np.int32)
        self.weights = np.asarray(identifier.nb_ptc, dtype=np.float32)
        self.prior = np.asarray(identifier.nb_pc, dtype=np.float32)
        self.labels: list[str] = list(identifier.nb_classes)
        first = {label: at for at, label in reversed(list(enumerate(self.labels)))}
        self.aliases = [(first[label], at) for at, label in enumerate(self.labels) if first[label] != at]


_model = cache(_Model)


def _features(model: _Model, texts: list[bytes], lengths: NDArray[np.int64]) -> scipy.sparse.csr_matrix:
    """log(1 + count) of each feature in each text; the texts come longest first."""
    table = np.zeros((int(lengths[0]), len(texts)), dtype=np.uint8)
    for column, data in enumerate(texts):
        table[: len(data), column] = np.frombuffer(data, dtype=np.uint8)
    longer = np.searchsorted(-lengths, -np.arange(1, len(table) + 1), side="right")
    state = np.zeros(len(texts), dtype=np.int32)
    owners, found = [np.zeros(0, dtype=np.int64)], [np.zeros(0, dtype=np.int32)]
    for letters, count in zip(table, longer, strict=True):
        state[:count] = model.next[model.row[state[:count]] + letters[:count]]
        features = model.feature[state[:count]]
        hits = np.flatnonzero(features >= 0)
        owners.append(hits)
        found.append(features[hits])
    ones = np.ones(sum(map(len, found)), dtype=np.float32)
    places = (np.concatenate(owners), np.concatenate(found))
    counts = scipy.sparse.csr_matrix((ones, places), shape=(len(texts), len(model.weights)))
    counts.sum_duplicates()
    np.log1p(counts.data, out=counts.data)
    return counts

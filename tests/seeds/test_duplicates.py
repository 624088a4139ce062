"""Near-duplicates: the first by id stays, whatever the order; only what is alike goes; a crowd costs no more than its size."""

from __future__ import annotations

from pathlib import Path
from random import Random

import numpy as np
import polars as pl
import pytest

from pipelines.seeds.v1 import duplicates
from pipelines.seeds.v1.duplicates import Duplicates, jaccard, rows_in_band
from pipelines.seeds.v1.schema import NearDuplicate
from pipelines.seeds.v1.shingles import Hashes, Words
from tests.seeds.conftest import PROSE, Run, seeds


def found(tmp_path: Path, texts: list[str], **rule: float) -> tuple[list[int], int]:
    search = Duplicates(NearDuplicate(**rule), tmp_path / "shingles.bin")
    search.add(Words(pl.Series(texts)))
    result = search.found(np.arange(len(texts)))
    return result.of.tolist(), result.crowded


def exact(one: str, other: str, length: int = 3) -> float:
    """Jaccard similarity, the slow and plain way."""
    sets = []
    for text in (one, other):
        words = text.lower().replace(".", "").split()
        sets.append({tuple(words[at : at + length]) for at in range(len(words) - length + 1)})
    return len(sets[0] & sets[1]) / len(sets[0] | sets[1])


def test_the_first_by_id_stays_in_any_order(run: Run) -> None:
    rows = seeds(*(text + f" {word}" for text in PROSE[:3] for word in ("Yes.", "No.", "Well.")))
    straight = run(rows)
    assert straight.kept == {"a0", "a3", "a6"}
    for seed in range(3):
        mixed = Random(seed).sample(rows, len(rows))
        other = run(mixed)
        assert (other.kept, other.reasons) == (straight.kept, straight.reasons)
        assert sorted(other.rejects["detail"]) == sorted(straight.rejects["detail"])


def test_pairs_are_decided_by_exact_similarity(tmp_path: Path) -> None:
    rng = Random(3)
    vocabulary = [f"word{number}" for number in range(300)]
    for trial in range(60):
        base = [rng.choice(vocabulary) for _ in range(80)]
        changed = [rng.choice(vocabulary) if rng.random() < trial / 300 else word for word in base]
        one, other = " ".join(base), " ".join(changed)
        folder = tmp_path / str(trial)
        folder.mkdir()
        alike = exact(one, other)
        if abs(alike - 0.8) > 0.02:
            assert (found(folder, [one, other])[0] == [-1, 0]) == (alike >= 0.8), alike


def test_case_punctuation_and_spacing_make_no_difference(tmp_path: Path) -> None:
    assert found(tmp_path, [PROSE[0], PROSE[0].upper().replace(" ", "  ").replace(",", ";")])[0] == [-1, 0]


def test_texts_shorter_than_a_shingle_are_compared_as_a_whole(tmp_path: Path) -> None:
    assert found(tmp_path, ["one two", "one three", "One, two!", "one"], shingle=5)[0] == [-1, -1, 0, -1]


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.8, 0.95, 1.0])
def test_bands_miss_at_most_one_pair_in_a_hundred_at_the_threshold(threshold: float) -> None:
    rows = rows_in_band(128, threshold)
    assert (1 - threshold**rows) ** (128 // rows) <= 0.01 and 1 <= rows <= 128


def test_a_crowd_of_lookalikes_is_bounded_and_its_copies_are_still_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """2,000 passages share two thirds of their words, below the threshold; equal copies among them must not be lost."""
    compared = []

    def counted(one: Hashes, other: Hashes) -> float:
        compared.append(1)
        return jaccard(one, other)

    monkeypatch.setattr(duplicates, "jaccard", counted)
    rng = Random(5)
    common = " ".join(rng.choice(PROSE[number % 8].split()) for number in range(60))
    texts = [f"{common} {' '.join(str(rng.randrange(10**6)) for _ in range(20))}" for _ in range(2000)]
    of, crowded = found(tmp_path, texts + texts[1900:])
    assert of[:2000] == [-1] * 2000 and of[2000:] == list(range(1900, 2000))
    assert crowded > 0
    assert len(compared) <= 16 * 2100

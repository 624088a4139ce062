"""Length control removes what length alone explains, and nothing else."""

from __future__ import annotations

import warnings
from pathlib import Path

import numpy as np
import orjson
import pytest
from numpy.typing import NDArray

from xlforge.evaluation.judgements import read_judgements
from xlforge.evaluation.length import length_controlled

Floats = NDArray[np.float64]


def lengths(share: float, size: int = 800, seed: int = 0) -> Floats:
    """Heavy-tailed differences of length as answers have them, a share of them in the model's favour, a few none."""
    rng = np.random.default_rng(seed)
    found = np.round(np.abs(rng.standard_t(3, size)) * 300) * np.where(rng.random(size) < share, 1, -1)
    return found.astype(np.float64)


def rate(preferences: Floats, longer: Floats) -> float:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = length_controlled(list(preferences), list(longer)).win_rate
    assert found is not None
    return found


@pytest.mark.parametrize("share", [0.05, 0.3, 0.5, 0.8, 0.95])
@pytest.mark.parametrize("ties", [0.0, 0.5, 1.0])
def test_a_judge_that_takes_the_longer_answer_gives_half(share: float, ties: float) -> None:
    longer = lengths(share)
    assert (longer == 0).any()
    taken = np.where(longer == 0, ties, longer > 0)
    near = 4 if 0.1 < share < 0.9 else 8
    assert rate(taken, longer) == pytest.approx(50, abs=near)
    assert rate(1 - taken, longer) == pytest.approx(50, abs=near), "nor one that takes the shorter"


@pytest.mark.parametrize("seed", range(5))
def test_a_judge_that_mostly_takes_the_longer_answer_gives_about_half(seed: int) -> None:
    longer = lengths(0.8, 3000, seed)
    slips = np.random.default_rng(seed).random(3000) < 0.1
    raw = ((longer > 0) != slips).astype(float)
    assert 100 * raw.mean() > 70
    assert rate(raw, longer) == pytest.approx(50, abs=6)


@pytest.mark.parametrize("share", [0.3, 0.5, 0.8])
@pytest.mark.parametrize("won", [0.08, 0.5, 0.7, 0.97])
def test_a_judge_that_ignores_length_is_not_corrected(share: float, won: float) -> None:
    rng = np.random.default_rng(1)
    off = []
    for seed in range(8):
        longer = lengths(share, seed=seed)
        wins = (rng.random(len(longer)) < won).astype(float)
        off.append(rate(wins, longer) - 100 * wins.mean())
    assert abs(np.mean(off)) < 1
    assert max(map(abs, off)) < 5


def test_continuous_preferences_are_corrected_as_far_as_length_moves_them() -> None:
    longer = lengths(0.8)
    logits = 0.4 + 0.9 * np.tanh(longer / longer.std(ddof=1))
    preferences = 1 / (1 + np.exp(-logits))
    assert 100 * preferences.mean() > 64
    assert rate(preferences, longer) == pytest.approx(100 / (1 + np.exp(-0.4)), abs=1)


@pytest.mark.parametrize("seed", range(6))
def test_swapping_the_models_mirrors_the_figure(seed: int) -> None:
    rng = np.random.default_rng(seed)
    longer = lengths(rng.random(), 200, seed)
    wins = rng.choice([0, 0.5, 1], 200) if seed % 2 else rng.random(200)
    assert rate(wins, longer) + rate(1 - wins, -longer) == pytest.approx(100, abs=0.01)


def test_two_lengths_in_all_pairs_give_a_figure() -> None:
    longer = np.where(np.arange(800) % 5 > 0, 30.0, -300.0)
    assert rate((longer > 0).astype(float), longer) == pytest.approx(50, abs=1)
    wins = (np.arange(800) % 7 < 5).astype(float)
    assert rate(wins, longer) == pytest.approx(100 * wins.mean(), abs=1)


@pytest.mark.parametrize("value", [0.0, 0.5, 1.0])
def test_the_same_verdict_everywhere_stays_if_lengths_differ_both_ways(value: float) -> None:
    longer = lengths(0.7)
    assert rate(np.full(len(longer), value), longer) == pytest.approx(100 * value, abs=1)


@pytest.mark.parametrize("longer", [[400.0] * 50, list(range(1, 51)), [-3.0] * 50])
def test_lengths_that_differ_one_way_only_give_no_figure(longer: list[float]) -> None:
    found = length_controlled([1.0] * 50, longer)
    assert found.win_rate is None
    assert "cannot be separated" in found.note


def test_answers_of_equal_length_need_no_control() -> None:
    found = length_controlled([1, 0, 1, None], [0, 0, 0, 5])
    assert found.win_rate == pytest.approx(200 / 3)
    assert "equally long" in found.note


def test_a_figure_that_depends_on_a_few_judgements_has_a_note() -> None:
    longer = np.concatenate([np.full(300, 20.0), np.full(5, -20.0)])
    assert (
        "all but 5 of the model's 305 answers are longer"
        in length_controlled([1.0, 0.0, 1.0, 1.0, 0.0] * 61, longer).note
    )
    assert length_controlled(list(np.ones(800)), list(lengths(0.5))).note == ""


@pytest.mark.parametrize("size", [2, 3, 5])
def test_a_handful_of_judgements_gives_a_share(size: int) -> None:
    rng = np.random.default_rng(size)
    for _ in range(20):
        found = length_controlled(list(rng.random(size)), list(rng.integers(-3, 4, size))).win_rate
        assert found is None or 0 <= found <= 100


def test_one_very_long_answer_does_not_change_the_figure() -> None:
    longer, rng = lengths(0.5), np.random.default_rng(2)
    wins = (rng.random(len(longer)) < 0.7).astype(float)
    usual = rate(wins, longer)
    longer[0] = 1e7
    assert rate(wins, longer) == pytest.approx(usual, abs=1)


def test_nothing_judged_is_no_number() -> None:
    assert length_controlled([None], [3]).win_rate is None
    with pytest.raises(ValueError, match="1 preferences and 2 lengths"):
        length_controlled([1], [1, 2])


@pytest.mark.parametrize("name", ["FuseChat-Gemma-2-9B-Instruct", "FuseChat-Llama-3.2-3B-Instruct"])
def test_real_judgements_come_out_near_the_published_figure(shared: Path, name: str) -> None:
    published = orjson.loads((shared / "alpacaeval" / "published.json").read_bytes())[name]
    judgements = read_judgements(shared / "alpacaeval" / f"{name}.json")
    longer = np.array([judgement.longer for judgement in judgements], dtype=float)
    preferences = np.array([judgement.preference for judgement in judgements])
    assert rate(preferences, longer) == pytest.approx(published["length_controlled_winrate"], abs=1)
    assert rate((longer > 0).astype(float), longer) == pytest.approx(50, abs=3)

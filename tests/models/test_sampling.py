"""Sampling of tokens: the right distribution, and random numbers that never change."""

from __future__ import annotations

import pytest
import torch

from xlforge.models.transformers.sampling import sample, uniforms

ROWS = 40_000
GOLD = [0.7539532404108791, 0.6536530412806927, 0.8305111850799092]


def shares(logits: torch.Tensor, temperature: float, top_p: float) -> torch.Tensor:
    """How often each token is sampled, over evenly spread random numbers."""
    uniform = (torch.arange(ROWS, dtype=torch.double) + 0.5) / ROWS
    tokens = sample(logits.expand(ROWS, -1).contiguous(), uniform, temperature, top_p)
    return torch.bincount(tokens, minlength=len(logits)).double() / ROWS


@pytest.mark.parametrize("words", [5, 300], ids=["a few tokens", "more than are looked at first"])
@pytest.mark.parametrize("temperature", [0.5, 1.0])
def test_tokens_are_sampled_by_their_probability(words: int, temperature: float) -> None:
    logits = torch.randn(words, generator=torch.Generator().manual_seed(1))
    expected = (logits.double() / temperature).softmax(-1)
    assert shares(logits, temperature, 1.0) == pytest.approx(expected, abs=2e-4)


@pytest.mark.parametrize("top_p", [0.3, 0.9, 0.999])
def test_top_p_samples_from_the_smallest_set_of_that_mass(top_p: float) -> None:
    logits = torch.randn(300, generator=torch.Generator().manual_seed(2))
    probabilities, order = logits.double().softmax(-1).sort(descending=True)
    kept = int((probabilities.cumsum(-1) < top_p).sum()) + 1
    expected = torch.zeros(300, dtype=torch.double)
    expected[order[:kept]] = probabilities[:kept] / probabilities[:kept].sum()
    assert shares(logits, 1.0, top_p) == pytest.approx(expected, abs=2e-4)


def test_temperature_zero_takes_the_likeliest() -> None:
    logits = torch.tensor([[0.0, 3.0, 1.0], [5.0, 3.0, 1.0]])
    assert sample(logits, torch.tensor([0.99, 0.99]), 0.0, 1.0).tolist() == [1, 0]


def test_the_random_numbers_of_a_seed_never_change() -> None:
    """If this fails, sampled responses differ from those in every cache: fix the code, not the test."""
    assert uniforms(2024, 3) == pytest.approx(GOLD, abs=0)
    assert list(uniforms(2024, 2)) == GOLD[:2]
    assert uniforms(1, 10_000).mean() == pytest.approx(0.5, abs=0.01)

"""Sampling of tokens: a row's token depends on its own logits and its own random numbers, never on other rows."""

import numpy as np
import torch

_HEAD = 64


def uniforms(seed: int, count: int) -> np.ndarray:
    """`count` numbers in [0, 1) that belong to a seed; raw Philox bits, which no numpy version may change."""
    return (np.random.Philox(key=seed).random_raw(count) >> np.uint64(11)).astype(np.float64) * 2.0**-53


def sample(logits: torch.Tensor, uniform: torch.Tensor, temperature: float, top_p: float) -> torch.Tensor:
    """One token a row, by the inverse of its cumulative distribution, the likeliest token first.

    Args:
        logits: [rows, vocabulary] float32.
        uniform: [rows] float64 in [0, 1).
        temperature: 0 takes the likeliest token.
        top_p: only the smallest set of likeliest tokens with at least this mass is sampled from.

    Returns:
        [rows] int64.
    """
    if temperature == 0:
        return logits.argmax(-1)
    scaled = logits / temperature
    peak, best = scaled.max(-1)
    first = (peak - scaled.logsumexp(-1)).double().exp()
    # The likeliest token is taken when the number falls on it, whatever the mass of the others, and when it is the whole set.
    open_rows = ((uniform >= first) & (first < top_p)).nonzero().squeeze(-1)
    if len(open_rows):
        best[open_rows] = _search(scaled[open_rows], uniform[open_rows], top_p)
    return best


def _search(scaled: torch.Tensor, uniform: torch.Tensor, top_p: float) -> torch.Tensor:
    """Looks among the first tokens, and sorts the whole vocabulary only for the rows that need more."""
    shares = scaled.softmax(-1).double()
    head, order = shares.topk(min(_HEAD, shares.shape[-1]))
    mass = head.cumsum(-1)
    deep = (mass[:, -1] < (top_p if top_p < 1 else uniform)).nonzero().squeeze(-1)
    token = _pick(mass, order, uniform, top_p)
    if len(deep):
        head, order = shares[deep].sort(descending=True, stable=True)
        token[deep] = _pick(head.cumsum(-1), order, uniform[deep], top_p)
    return token


def _pick(mass: torch.Tensor, order: torch.Tensor, uniform: torch.Tensor, top_p: float) -> torch.Tensor:
    last = mass.shape[-1] - 1
    if top_p < 1:
        edge = (mass < top_p).sum(-1).clamp(max=last)
        uniform = uniform * mass.gather(-1, edge[:, None]).squeeze(-1)
    place = (mass <= uniform[:, None]).sum(-1).clamp(max=last)
    return order.gather(-1, place[:, None]).squeeze(-1)

"""The search of a translation system: beam search, or sampling by each sentence's own random numbers.

A sentence's numbers must not change with the others of its batch, as in `decoding`. So all of a batch are padded to the same multiple of
16, which their own length gives, and there are never fewer than `min_rows`, filled up with copies of one.
"""

from __future__ import annotations

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

import torch
from transformers import LogitsProcessor

from xlforge.models.transformers.decoding import min_rows
from xlforge.models.transformers.sampling import sample, uniforms

_LANES = 16


@dataclass(frozen=True)
class Search:
    """How sentences are translated.

    Args:
        temperature: 0 for beam search.
        top_p: of the sampling.
        max_tokens: of a translation, with the one that ends it.
        num_beams: of the beam search.
        first: the token that every translation begins with, if any; it is not part of the result.
        stops: the tokens that end a translation.
    """

    temperature: float
    top_p: float
    max_tokens: int
    num_beams: int
    first: int | None
    stops: tuple[int, ...]


@dataclass(frozen=True)
class Found:
    """One translation: its tokens with the one that ended it, and whether one did."""

    tokens: tuple[int, ...]
    ended: bool


class _Sampled(LogitsProcessor):  # type: ignore[misc]
    """Leaves one token of each row, sampled by that row's own random numbers, [rows, steps] float64."""

    def __init__(self, uniform: torch.Tensor, search: Search) -> None:
        self._uniform, self._search = uniform, search

    def __call__(self, input_ids: torch.Tensor, scores: torch.Tensor) -> torch.Tensor:
        uniform = self._uniform[:, input_ids.shape[1] - 1]
        token = sample(scores.float(), uniform, self._search.temperature, self._search.top_p)
        return torch.full_like(scores, float("-inf")).scatter(1, token[:, None], 0.0)


def width(prompt: Sequence[int]) -> int:
    """The columns that a sentence is padded to; those of a batch have the same."""
    return -(-len(prompt) // _LANES) * _LANES


@torch.inference_mode()
def translate(model: Any, prompts: Sequence[Sequence[int]], seeds: Sequence[int], search: Search) -> list[list[Found]]:
    """The translations of each sentence, the likeliest first: as many as beams, or one that is sampled.

    Args:
        model: an encoder-decoder model.
        prompts: token ids, all of one `width`.
        seeds: of the sampling, one for each.
        search: common to all.
    """
    rows = [*prompts, *[prompts[0]] * (min_rows(model.device) - len(prompts))]
    inputs, mask = _padded(rows, model)
    processors, beams = [], search.num_beams
    if search.temperature > 0:
        numbers = [uniforms(seed, search.max_tokens + 1) for seed in [*seeds, *[0] * (len(rows) - len(seeds))]]
        uniform = torch.stack([torch.from_numpy(each) for each in numbers]).to(model.device)
        processors, beams = [_Sampled(uniform, search)], 1
    config = deepcopy(model.generation_config)
    config.update(max_length=None, max_new_tokens=search.max_tokens + (search.first is not None), do_sample=False)
    config.update(num_beams=beams, num_return_sequences=beams, forced_bos_token_id=search.first)
    config.update(temperature=None, top_p=None, top_k=None)
    sequences = model.generate(inputs, attention_mask=mask, generation_config=config, logits_processor=processors)
    skip = 1 + (search.first is not None)
    found = [_found(tokens[skip:], search.stops) for tokens in sequences.tolist()]
    return [found[start : start + beams] for start in range(0, len(prompts) * beams, beams)]


@torch.inference_mode()
def logprob(model: Any, prompt: Sequence[int], found: Found, search: Search) -> float:
    """The sum of the log-probabilities of a translation's tokens at temperature 1, in nats; computed for each sentence alone."""
    inputs, mask = _padded([prompt], model)
    lead = [model.generation_config.decoder_start_token_id, *([] if search.first is None else [search.first])]
    tokens = torch.tensor([[*lead, *found.tokens]], device=model.device)
    logits = model(input_ids=inputs, attention_mask=mask, decoder_input_ids=tokens[:, :-1]).logits.float()
    shares = logits.log_softmax(-1)[0, len(lead) - 1 :]
    return float(shares.gather(-1, tokens[0, len(lead) :, None]).double().sum())


def _found(tokens: list[int], stops: Sequence[int]) -> Found:
    ends = [place for place, token in enumerate(tokens) if token in stops]
    return Found(tuple(tokens[: ends[0] + 1]), True) if ends else Found(tuple(tokens), False)


def _padded(prompts: Sequence[Sequence[int]], model: Any) -> tuple[torch.Tensor, torch.Tensor]:
    """Token ids and attention mask, [rows, columns]."""
    columns, padding = width(prompts[0]), model.config.pad_token_id
    ids = torch.tensor([[*prompt, *[padding] * (columns - len(prompt))] for prompt in prompts], device=model.device)
    lengths = torch.tensor([len(prompt) for prompt in prompts], device=model.device)
    return ids, (torch.arange(columns, device=model.device)[None] < lengths[:, None]).long()

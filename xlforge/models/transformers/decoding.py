"""The decode loop of the in-process engine: many rows at once, each as if it were alone.

A row's numbers must not change with its neighbours, to the last bit: a build that is killed goes on with other batches, and has
to end with the same bytes. How columns are laid out is `keeping`'s part. Here: matrix kernels treat a handful of rows otherwise, so
there are never fewer than `_floor()`, repeats of a row filling up. A prompt's last token is the first step of
the loop, so that candidates share the reading of their prompt. Rows that have ended leave when they are a quarter of the batch.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from transformers import PreTrainedModel

from xlforge.models.transformers.kv_cache import Kept, read
from xlforge.models.transformers.sampling import draw

_FULL, _SLIDING = "full_attention", "sliding_attention"
KINDS = {_FULL, _SLIDING}
"""The kinds of layers that the loop can run."""


@dataclass(frozen=True)
class Manner:
    """How answers are drawn, the tokens that end one, and those whose log-probability as the first is wanted."""

    temperature: float
    top_p: float
    stops: tuple[int, ...]
    watched: tuple[int, ...] = ()


@dataclass(frozen=True)
class Spoken:
    """One row's tokens, with the one that ended it if any did. logprob: their sum at temperature 1, in nats; first: of each
    watched token, had it been the first."""

    tokens: list[int]
    ended: bool
    logprob: float
    first: tuple[float, ...] = ()


def kinds(model: PreTrainedModel) -> list[str]:
    """What each layer of a model attends to, as its config names it."""
    config = model.config.get_text_config()
    named = getattr(config, "layer_types", None)
    every = _SLIDING if getattr(config, "sliding_window", None) else _FULL
    return list(named) if named else [every] * config.num_hidden_layers


@torch.inference_mode()
def speak(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    chances: torch.Tensor,
    limits: Sequence[int],
    manner: Manner,
) -> list[Spoken]:
    """Answer prompts (about equally long, or time is wasted).

    chances: [rows, most tokens] float64 in [0, 1), each row's own random numbers. limits: the most tokens of each row.
    """
    count, device, floor = len(prompts), model.device, _floor(model.device)
    row = torch.tensor([*range(count), *[0] * (floor - count)], device=device)
    kept = read(model, prompts, row)
    token = torch.tensor([prompt[-1] for prompt in prompts], device=device)[row]
    limit, stops = torch.tensor(limits, device=device)[row], torch.tensor(manner.stops, device=device)
    over = torch.arange(len(row), device=device) >= count
    said = torch.zeros((count, max(limits)), dtype=torch.long, device=device)
    length = torch.zeros(count, dtype=torch.long, device=device)
    ended = torch.zeros(count, dtype=torch.bool, device=device)
    logprob = torch.zeros(count, dtype=torch.double, device=device)
    first: list[tuple[float, ...]] = [()] * count
    for step in range(max(limits)):
        logits = _step(model, token, kept)
        if step == 0 and manner.watched:
            first = [tuple(shares) for shares in logits[:count].log_softmax(-1)[:, list(manner.watched)].tolist()]
        token = draw(logits, chances[row, step], manner.temperature, manner.top_p)
        stop = torch.isin(token, stops)
        live = ~over
        who, what = row[live], token[live]
        said[who, step] = what
        length[who] += 1
        logprob[who] += (logits[live].gather(-1, what[:, None]).squeeze(-1) - logits[live].logsumexp(-1)).double()
        ended[who] = stop[live]
        over |= stop | (limit <= step + 1)
        left = int((~over).sum())
        if not left:
            break
        if max(left, floor) <= 0.75 * len(row):
            stay = over.to(torch.uint8).argsort(stable=True)[: max(left, floor)].sort().values
            row, token, limit, over = row[stay], token[stay], limit[stay], over[stay]
            kept.select(stay)
    rows = zip(said.tolist(), length.tolist(), ended.tolist(), logprob.tolist(), first, strict=True)
    return [Spoken(tokens[:used], end, total, begun) for tokens, used, end, total, begun in rows]


def _step(model: PreTrainedModel, token: torch.Tensor, kept: Kept) -> torch.Tensor:
    """One token of every row through the model: the logits of the next, [rows, vocabulary] float32."""
    place = kept.place
    place.look()
    column, own = torch.arange(place.span, device=token.device)[None], place.position[:, None]
    seen = {_FULL: column <= own}
    wanted = set(kinds(model))
    if _SLIDING in wanted:
        seen[_SLIDING] = seen[_FULL] & (column > own - model.config.get_text_config().sliding_window)
    masks = {
        kind: torch.zeros(seen[kind].shape, device=token.device, dtype=model.dtype).masked_fill_(
            ~seen[kind], float("-inf")
        )[:, None, None]
        for kind in wanted
    }
    logits = model(
        input_ids=token[:, None],
        attention_mask=masks if len(masks) > 1 else masks[wanted.pop()],
        position_ids=own,
        past_key_values=kept,
        use_cache=True,
    ).logits[:, -1]
    place.position = place.position + 1
    return cast(torch.Tensor, logits.float())


def _floor(device: torch.device) -> int:
    """The fewest rows whose numbers agree with those of many, as measured on one and two threads: eight for each."""
    return min(32, 8 * torch.get_num_threads()) if device.type == "cpu" else 1

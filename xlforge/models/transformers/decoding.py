"""The decode loop of the in-process engine: many rows at once, each as if it were alone.

A row's numbers must not change with the other rows, to the last bit: a build that is killed continues with other batches, and has to
end with the same bytes. `kv_cache` lays out the columns for it. Here: matrix kernels add in another order for a handful of rows, so there
are never fewer than `min_rows`, filled up with copies of a row. A prompt's last token is the first step of the loop, so that candidates
share the prefill of their prompt. Rows that have ended leave when they are a quarter of the batch.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

import torch
from transformers import PreTrainedModel

from xlforge.models.transformers.kv_cache import KVCache, prefill
from xlforge.models.transformers.sampling import sample

_FULL, _SLIDING = "full_attention", "sliding_attention"
SUPPORTED = {_FULL, _SLIDING}
"""The kinds of layers that the loop can run."""


@dataclass(frozen=True)
class Options:
    """How rows are decoded.

    Args:
        temperature: of the sampling.
        top_p: of the sampling.
        stops: the tokens that end a response.
        tracked: tokens whose log-probability as the first token is wanted.
    """

    temperature: float
    top_p: float
    stops: tuple[int, ...]
    tracked: tuple[int, ...] = ()


@dataclass(frozen=True)
class Decoded:
    """One row's result.

    Args:
        tokens: with the one that ended it, if any did.
        ended: whether one did.
        logprob: the sum over the tokens at temperature 1, in nats.
        first: the log-probability of each tracked token, had it been the first.
    """

    tokens: list[int]
    ended: bool
    logprob: float
    first: tuple[float, ...] = ()


def layer_kinds(model: PreTrainedModel) -> list[str]:
    """What each layer of a model attends to, as its config names it."""
    config = model.config.get_text_config()
    named = getattr(config, "layer_types", None)
    every = _SLIDING if getattr(config, "sliding_window", None) else _FULL
    return list(named) if named else [every] * config.num_hidden_layers


@torch.inference_mode()
def decode(
    model: PreTrainedModel,
    prompts: Sequence[Sequence[int]],
    uniform: torch.Tensor,
    limits: Sequence[int],
    options: Options,
) -> list[Decoded]:
    """Continues prompts, best of about equal length.

    Args:
        model: a causal language model.
        prompts: token ids.
        uniform: each row's own random numbers, [rows, most tokens] float64 in [0, 1).
        limits: the most tokens of each row.
        options: common to all rows.
    """
    count, device, fewest = len(prompts), model.device, min_rows(model.device)
    row = torch.tensor([*range(count), *[0] * (fewest - count)], device=device)
    cache = prefill(model, prompts, row)
    token = torch.tensor([prompt[-1] for prompt in prompts], device=device)[row]
    limit, stops = torch.tensor(limits, device=device)[row], torch.tensor(options.stops, device=device)
    over = torch.arange(len(row), device=device) >= count
    tokens = torch.zeros((count, max(limits)), dtype=torch.long, device=device)
    length = torch.zeros(count, dtype=torch.long, device=device)
    ended = torch.zeros(count, dtype=torch.bool, device=device)
    logprob = torch.zeros(count, dtype=torch.double, device=device)
    first: list[tuple[float, ...]] = [()] * count
    for step in range(max(limits)):
        logits = _step(model, token, cache)
        if step == 0 and options.tracked:
            first = [tuple(shares) for shares in logits[:count].log_softmax(-1)[:, list(options.tracked)].tolist()]
        token = sample(logits, uniform[row, step], options.temperature, options.top_p)
        stop = torch.isin(token, stops)
        live = ~over
        who, what = row[live], token[live]
        tokens[who, step] = what
        length[who] += 1
        logprob[who] += (logits[live].gather(-1, what[:, None]).squeeze(-1) - logits[live].logsumexp(-1)).double()
        ended[who] = stop[live]
        over |= stop | (limit <= step + 1)
        left = int((~over).sum())
        if not left:
            break
        if max(left, fewest) <= 0.75 * len(row):
            stay = over.to(torch.uint8).argsort(stable=True)[: max(left, fewest)].sort().values
            row, token, limit, over = row[stay], token[stay], limit[stay], over[stay]
            cache.select(stay)
    rows = zip(tokens.tolist(), length.tolist(), ended.tolist(), logprob.tolist(), first, strict=True)
    return [Decoded(ids[:used], end, total, shares) for ids, used, end, total, shares in rows]


def _step(model: PreTrainedModel, token: torch.Tensor, cache: KVCache) -> torch.Tensor:
    """One token of every row through the model: the logits of the next, [rows, vocabulary] float32."""
    columns = cache.columns
    columns.make_room()
    column, own = torch.arange(columns.span, device=token.device)[None], columns.position[:, None]
    wanted = set(layer_kinds(model))
    seen = {_FULL: column <= own}
    if _SLIDING in wanted:
        seen[_SLIDING] = seen[_FULL] & (column > own - model.config.get_text_config().sliding_window)
    none = torch.zeros((), device=token.device, dtype=model.dtype)
    masks = {kind: torch.where(seen[kind], none, float("-inf"))[:, None, None] for kind in wanted}
    logits = model(
        input_ids=token[:, None],
        attention_mask=masks if len(masks) > 1 else masks[wanted.pop()],
        position_ids=own,
        past_key_values=cache,
        use_cache=True,
    ).logits[:, -1]
    columns.position = columns.position + 1
    return cast(torch.Tensor, logits.float())


def min_rows(device: torch.device) -> int:
    """The fewest rows whose numbers agree with those of many, as measured on one and two threads: eight for each."""
    return min(32, 8 * torch.get_num_threads()) if device.type == "cpu" else 1

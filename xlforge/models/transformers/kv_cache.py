"""The KV cache of many rows of different lengths, laid out so that no row's numbers depend on other rows.

Every row starts at column 0 and the rest of its columns is masked away, so each key is in the same lane of a sum in any batch; widths
are multiples of 16, so that no sum has a tail that is added in another order.
"""

from collections.abc import Sequence
from typing import Any

import torch
from transformers import AttentionInterface, AttentionMaskInterface, Cache, DynamicCache, PreTrainedModel
from transformers.cache_utils import DynamicLayer
from transformers.integrations.sdpa_attention import sdpa_attention_forward
from transformers.masking_utils import sdpa_mask

FOLDED = "xlforge_folded"
_LANES = 16
_ROOM = 64
_TOKENS = 4096


def folded_attention(
    module: torch.nn.Module,
    query: torch.Tensor,
    key: torch.Tensor,
    value: torch.Tensor,
    attention_mask: torch.Tensor | None,
    **kwargs: Any,
) -> tuple[torch.Tensor, None]:
    """SDPA that does not copy grouped keys and values for every query head where each row has one query.

    The query heads of a group are taken as queries of one head: the same products in a fifth of the time.
    """
    groups = query.shape[1] // key.shape[1]
    if query.shape[2] != 1 or groups == 1 or attention_mask is None or kwargs.get("position_bias") is not None:
        return sdpa_attention_forward(module, query, key, value, attention_mask, **kwargs)
    rows, heads, _, width = query.shape
    attended = torch.nn.functional.scaled_dot_product_attention(
        query.view(rows, key.shape[1], groups, width), key, value, attn_mask=attention_mask, scale=kwargs.get("scaling")
    )
    return attended.reshape(rows, 1, heads, value.shape[-1]), None


AttentionInterface.register(FOLDED, folded_attention)
AttentionMaskInterface.register(FOLDED, sdpa_mask)


class Columns:
    """Where rows write. The layers share it, and it knows none of them, so that a cache is freed without garbage collection.

    Attributes:
        position: the column where each row writes next, [rows].
        rows: their numbers.
        span: the columns that are attended to.
    """

    def __init__(self, position: torch.Tensor) -> None:
        self.position, self.span = position, 0
        self.rows = torch.arange(len(position), device=position.device)

    def make_room(self) -> None:
        """Widens the span to every row's next column."""
        self.span = _rounded(int(self.position.max()) + 1)


class _Layer(DynamicLayer):
    """One layer's keys and values, [rows, heads, columns, width]."""

    keys: torch.Tensor
    values: torch.Tensor

    def __init__(self, keys: torch.Tensor, values: torch.Tensor, columns: Columns) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.keys, self.values, self._columns = keys, values, columns
        self.dtype, self.device, self.is_initialized = keys.dtype, keys.device, True

    def update(
        self, key_states: torch.Tensor, value_states: torch.Tensor, *args: Any, **kwargs: Any
    ) -> tuple[torch.Tensor, torch.Tensor]:
        where, span = (self._columns.rows, slice(None), self._columns.position), self._columns.span
        if span > self.keys.shape[2]:
            self.keys, self.values = _widened(self.keys, span + _ROOM), _widened(self.values, span + _ROOM)
        self.keys[where] = key_states[:, :, 0]
        self.values[where] = value_states[:, :, 0]
        return self.keys[:, :, :span], self.values[:, :, :span]

    def get_seq_length(self) -> int:
        return self._columns.span - 1


class KVCache(Cache):
    """The keys and values of all rows, each row with its own length."""

    def __init__(self, keys: list[torch.Tensor], values: list[torch.Tensor], columns: Columns) -> None:
        self.columns = columns
        self._layers = [_Layer(*pair, columns) for pair in zip(keys, values, strict=True)]
        super().__init__(layers=list(self._layers))

    def select(self, rows: torch.Tensor) -> None:
        """Drops all rows but these."""
        self.columns.position, self.columns.rows = self.columns.position[rows], self.columns.rows[: len(rows)]
        for layer in self._layers:
            layer.keys, layer.values = layer.keys[rows], layer.values[rows]


def prefill(model: PreTrainedModel, prompts: Sequence[Sequence[int]], row: torch.Tensor) -> KVCache:
    """The cache of all but the last token of prompts; equal prompts are computed once.

    Args:
        model: a causal language model.
        prompts: token ids.
        row: the prompt of each row of the result, [rows].
    """
    unique = list(dict.fromkeys(map(tuple, prompts)))
    number = {prompt: index for index, prompt in enumerate(unique)}
    which = torch.tensor([number[tuple(prompt)] for prompt in prompts], device=model.device)[row]
    width = _rounded(max(2, *map(len, unique)) - 1)
    ids = torch.zeros((len(unique), width), dtype=torch.long)
    for index, prompt in enumerate(unique):
        ids[index, : len(prompt) - 1] = torch.tensor(prompt[:-1])
    parts, step = [], max(1, _TOKENS // width)
    for start in range(0, len(unique), step):
        part = DynamicCache()
        model.base_model(input_ids=ids[start : start + step].to(model.device), past_key_values=part, use_cache=True)
        parts.append(part)
    keys, values = (
        [
            _widened(torch.cat([getattr(layer, name) for layer in layers])[which], width + _ROOM)
            for layers in zip(*(part.layers for part in parts), strict=True)
        ]
        for name in ("keys", "values")
    )
    ends = torch.tensor([len(prompt) - 1 for prompt in prompts], device=model.device)[row]
    return KVCache(keys, values, Columns(ends))


def _rounded(length: int) -> int:
    """The next multiple of _LANES."""
    return -(-length // _LANES) * _LANES


def _widened(states: torch.Tensor, columns: int) -> torch.Tensor:
    """Zeros and not whatever memory holds: a masked column is multiplied by 0, and 0 times NaN is NaN."""
    wide = states.new_zeros((*states.shape[:2], columns, states.shape[3]))
    wide[:, :, : states.shape[2]] = states
    return wide

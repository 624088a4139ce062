"""Rows as the base's tokenizer sees them: their tokens are counted, and rows that the trainer would use wrongly are rejected.

TRL cuts a row that is too long, without a message. It trains on a part of the prompt where the chat template writes the prompt differently
before an answer. Text that spells a control token becomes that token. Such rows are rejected, with the reason.
"""

from __future__ import annotations

from typing import Any

import pandera.polars as pa
import polars as pl
from transformers import PreTrainedTokenizerBase

from xlforge.base.frames import Table
from xlforge.base.rows import Row, reject


class Rows(Table):
    """A row that the student was trained on, with its tokens under the base's chat template."""

    id: str = pa.Field(unique=True)
    language: str
    prompt_tokens: int = pa.Field(gt=0)
    completion_tokens: int = pa.Field(gt=0)


def count_tokens(tokenizer: PreTrainedTokenizerBase, rows: pl.DataFrame, max_length: int) -> list[Row]:
    """The rows with `prompt_tokens` and `completion_tokens`; a rejected row has its reason under `reject`.

    Args:
        rows: id, language, prompt, completion.
        max_length: tokens of prompt and completion together.
    """
    controls = {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
    controls |= {str(token) for token in tokenizer.all_special_tokens}
    return [_count(tokenizer, row, max_length, sorted(controls)) for row in rows.to_dicts()]


def _count(tokenizer: PreTrainedTokenizerBase, row: Row, max_length: int, controls: list[str]) -> Row:
    turns = [*row["prompt"], *row["completion"]]
    prompt = tokens(tokenizer, row["prompt"], add_generation_prompt=True)
    whole = tokens(tokenizer, turns)
    control = next((control for control in controls if any(control in turn["content"] for turn in turns)), None)
    mark = None
    if control is not None:
        mark = reject("control_token", control, "\n".join(turn["content"] for turn in turns))
    elif whole[: len(prompt)] != prompt:
        mark = reject("prompt_differs", "the chat template writes the prompt differently when an answer follows")
    elif len(whole) > max_length:
        mark = reject("too_long", f"{len(whole)} tokens")
    return {**row, "prompt_tokens": len(prompt), "completion_tokens": len(whole) - len(prompt), "reject": mark}


def tokens(tokenizer: PreTrainedTokenizerBase, turns: list[dict[str, str]], **options: Any) -> list[int]:
    """Turns of a conversation under the chat template, tokenized as the trainer does it."""
    found: Any = tokenizer.apply_chat_template(turns, tokenize=True, return_dict=True, **options)
    return list(found["input_ids"])

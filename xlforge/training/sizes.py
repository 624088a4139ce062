"""Rows as the base's tokenizer sees them: counted, and set aside where the trainer would cut them or teach what is not meant.

TRL cuts a row that is too long and says nothing; it leaves out of the context the end of a prompt that is spelt otherwise
when an answer follows; and text that spells a control token becomes that token. Such rows are set aside, with the reason.
"""

from __future__ import annotations

from typing import Any

import pandera.polars as pa
import polars as pl
from transformers import PreTrainedTokenizerBase

from xlforge.base.rows import reject

STAGE = "student"


class Rows(pa.DataFrameModel):
    """A row that was learnt from, and its tokens under the base's chat template."""

    id: str = pa.Field(unique=True)
    language: str
    prompt_tokens: int = pa.Field(gt=0)
    completion_tokens: int = pa.Field(gt=0)

    class Config:
        strict = True
        ordered = True


def sized(tokenizer: PreTrainedTokenizerBase, rows: pl.DataFrame, length: int) -> list[dict[str, Any]]:
    """The rows with `prompt_tokens` and `completion_tokens`, those set aside marked under `reject`.

    rows: id, language, prompt, completion. length: the most tokens of prompt and completion together.
    """
    controls = {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
    controls |= {str(token) for token in tokenizer.all_special_tokens}
    return [_sized(tokenizer, row, length, sorted(controls)) for row in rows.to_dicts()]


def _sized(tokenizer: PreTrainedTokenizerBase, row: dict[str, Any], length: int, controls: list[str]) -> dict[str, Any]:
    turns = [*row["prompt"], *row["completion"]]
    prompt = tokens(tokenizer, row["prompt"], add_generation_prompt=True)
    whole = tokens(tokenizer, turns)
    spelt = next((control for control in controls if any(control in turn["content"] for turn in turns)), None)
    mark = None
    if spelt is not None:
        mark = reject("control_token", spelt, "\n".join(turn["content"] for turn in turns))
    elif whole[: len(prompt)] != prompt:
        mark = reject("prompt_differs", "the template spells the prompt otherwise when an answer follows")
    elif len(whole) > length:
        mark = reject("too_long", f"{len(whole)} tokens")
    return {**row, "prompt_tokens": len(prompt), "completion_tokens": len(whole) - len(prompt), "reject": mark}


def tokens(tokenizer: PreTrainedTokenizerBase, turns: list[dict[str, str]], **options: Any) -> list[int]:
    """Turns of a conversation under the chat template, as the trainer tokenises them."""
    found: Any = tokenizer.apply_chat_template(turns, tokenize=True, return_dict=True, **options)
    return list(found["input_ids"])

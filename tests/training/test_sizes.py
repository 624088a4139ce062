"""Rows are counted as the trainer counts them, and those it would cut or misread are set aside."""

from __future__ import annotations

from collections import Counter

import polars as pl
from transformers import PreTrainedTokenizerBase

from tests.training.conftest import example
from xlforge.training.sizes import sized, tokens


def reasons(tokenizer: PreTrainedTokenizerBase, rows: list[dict[str, object]], length: int) -> Counter[str]:
    made = sized(tokenizer, pl.DataFrame(rows), length)
    return Counter(row["reject"]["reason"] if row["reject"] else "kept" for row in made)


def test_a_row_of_exactly_the_length_stays_and_one_token_more_does_not(tokenizer: PreTrainedTokenizerBase) -> None:
    row = example(8, "de")
    whole = len(tokens(tokenizer, row["prompt"] + row["completion"]))
    (kept,) = sized(tokenizer, pl.DataFrame([row]), whole)
    assert kept["reject"] is None
    assert kept["prompt_tokens"] + kept["completion_tokens"] == whole
    (cut,) = sized(tokenizer, pl.DataFrame([row]), whole - 1)
    assert cut["reject"]["reason"] == "too_long"
    assert cut["reject"]["detail"] == f"{whole} tokens"


def test_text_that_spells_a_control_token_is_set_aside(tokenizer: PreTrainedTokenizerBase) -> None:
    rows = [example(1, "de"), example(2, "de", "gut<|im_end|>\n<|im_start|>user"), example(3, "de", "ein <pad>")]
    assert reasons(tokenizer, rows, 500) == {"kept": 1, "control_token": 2}


def test_a_template_that_spells_the_prompt_otherwise_later_is_seen(tokenizer: PreTrainedTokenizerBase) -> None:
    tokenizer.chat_template = str(tokenizer.chat_template).replace("assistant\n{% endif", "assistant\nthink{% endif")
    assert reasons(tokenizer, [example(1, "de")], 500) == {"prompt_differs": 1}

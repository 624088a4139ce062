"""Rows are counted as the trainer counts them, and rows that it would use wrongly are rejected."""

from __future__ import annotations

from collections import Counter

import polars as pl
from transformers import PreTrainedTokenizerBase

from tests.training.conftest import example
from xlforge.training.rows import count_tokens, tokens


def reasons(tokenizer: PreTrainedTokenizerBase, rows: list[dict[str, object]], length: int) -> Counter[str]:
    made = count_tokens(tokenizer, pl.DataFrame(rows), length)
    return Counter(row["reject"]["reason"] if row["reject"] else "kept" for row in made)


def test_a_row_of_exactly_the_length_stays_and_one_token_more_does_not(tokenizer: PreTrainedTokenizerBase) -> None:
    row = example(8, "de")
    whole = len(tokens(tokenizer, row["prompt"] + row["completion"]))
    (kept,) = count_tokens(tokenizer, pl.DataFrame([row]), whole)
    assert kept["reject"] is None
    assert kept["prompt_tokens"] + kept["completion_tokens"] == whole
    (cut,) = count_tokens(tokenizer, pl.DataFrame([row]), whole - 1)
    assert cut["reject"]["reason"] == "too_long"
    assert cut["reject"]["detail"] == f"{whole} tokens"


def test_text_that_spells_a_control_token_is_rejected(tokenizer: PreTrainedTokenizerBase) -> None:
    rows = [example(1, "de"), example(2, "de", "gut<|im_end|>\n<|im_start|>user"), example(3, "de", "ein <pad>")]
    assert reasons(tokenizer, rows, 500) == {"kept": 1, "control_token": 2}


def test_a_row_of_several_turns_or_with_a_system_prompt_is_rejected(tokenizer: PreTrainedTokenizerBase) -> None:
    row, turn = example(1, "de"), {"role": "user", "content": "Und dann?"}
    several = row | {"prompt": [*row["prompt"], *row["completion"], turn]}
    system = row | {"prompt": [{"role": "system", "content": "Be brief."}, *row["prompt"]]}
    assert reasons(tokenizer, [row, several, system], 500) == {"kept": 1, "several_turns": 1, "system_prompt": 1}


def test_a_template_that_changes_the_prompt_before_an_answer_is_detected(tokenizer: PreTrainedTokenizerBase) -> None:
    tokenizer.chat_template = str(tokenizer.chat_template).replace("assistant\n{% endif", "assistant\nthink{% endif")
    assert reasons(tokenizer, [example(1, "de")], 500) == {"prompt_differs": 1}

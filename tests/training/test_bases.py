"""A base is the pinned one and usable for training; an error is reported before the training."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from transformers import AutoTokenizer

from tests.models import tiny
from tests.training.test_trainer import RECIPE
from xlforge.base.errors import BuildError
from xlforge.config.students import Base, Recipe
from xlforge.models.revision import folder_digest
from xlforge.training.bases import load_model, load_tokenizer


def pinned(folder: Path, **keys: str) -> Base:
    return Base(model=str(folder), revision=folder_digest(folder), **keys)


def without_template(base: Path, folder: Path) -> Path:
    shutil.copytree(base, folder)
    (folder / "chat_template.jinja").unlink()
    return folder


def test_other_weights_than_the_pinned_ones_are_refused(base: Path) -> None:
    with pytest.raises(BuildError, match=r"but params\.yaml names revision sha256:old"):
        load_tokenizer(Base(model=str(base), revision="sha256:old"))


def test_a_base_from_the_hub_needs_a_commit() -> None:
    with pytest.raises(BuildError, match="needs a revision"):
        load_tokenizer(Base(model="nobody/nothing"))


def test_a_base_without_a_chat_template_takes_one_from_params(base: Path, tmp_path: Path) -> None:
    folder = without_template(base, tmp_path / "bare")
    with pytest.raises(BuildError, match="no chat template: write one as `chat_template`"):
        load_tokenizer(pinned(folder))
    assert load_tokenizer(pinned(folder, chat_template=tiny.TEMPLATE)).chat_template == tiny.TEMPLATE


def test_a_template_whose_answers_do_not_end_is_refused(base: Path) -> None:
    endless = tiny.TEMPLATE.replace("<|im_end|>", "")
    with pytest.raises(BuildError, match=r"does not end with '<\|im_end\|>'.*never learn to stop"):
        load_tokenizer(pinned(base, chat_template=endless))


def test_a_folder_without_weights_is_an_error(base: Path, tmp_path: Path) -> None:
    shutil.copytree(base, tmp_path / "bare")
    (tmp_path / "bare" / "model.safetensors").unlink()
    with pytest.raises(BuildError, match="cannot be loaded"):
        load_model(pinned(tmp_path / "bare"), Recipe(**RECIPE), "cpu")


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
def test_weights_have_the_recipes_dtype(base: Path, dtype: str) -> None:
    recipe = Recipe(**(RECIPE | {"dtype": dtype}))
    assert load_model(pinned(base), recipe, "cpu").dtype == getattr(torch, dtype)


def test_four_bits_need_a_gpu_and_bitsandbytes(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = Recipe(**(RECIPE | {"load_in_4bit": True, "dtype": "bfloat16"}))
    with pytest.raises(BuildError, match="load_in_4bit: true needs a GPU"):
        load_model(pinned(base), recipe, "cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    with pytest.raises(BuildError, match=r"bitsandbytes.*pip install 'xlforge\[qlora\]'"):
        load_model(pinned(base), recipe, "cuda")


BLOCK = "<think>\n\n</think>\n\n"
THINKING = tiny.TEMPLATE.replace(
    "{{ message.content }}", f"{{% if message.role == 'assistant' %}}{BLOCK}{{% endif %}}{{{{ message.content }}}}"
)
OFF = "add_generation_prompt and enable_thinking is defined and not enable_thinking"
SWITCHED = f"{THINKING}{{% if {OFF} %}}{BLOCK}{{% endif %}}"


def test_an_empty_thinking_block_belongs_to_the_prompt_or_nowhere(
    base: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert THINKING != tiny.TEMPLATE
    with pytest.raises(BuildError, match="before each answer, and not into the prompt"):
        load_tokenizer(pinned(base, chat_template=THINKING))
    tokenizer = load_tokenizer(pinned(base, chat_template=SWITCHED))
    question, answer = {"role": "user", "content": "Where?"}, {"role": "assistant", "content": "Here."}
    prompt = tokenizer.apply_chat_template([question], add_generation_prompt=True, tokenize=False)
    whole = tokenizer.apply_chat_template([question, answer], tokenize=False)
    assert whole.removeprefix(prompt).startswith("Here.")
    assert "enable_thinking = false" in capsys.readouterr().err


def test_a_turn_may_end_in_any_token_that_the_generation_config_names(base: Path, tmp_path: Path) -> None:
    folder = tmp_path / "other"
    shutil.copytree(base, folder)
    vocabulary = AutoTokenizer.from_pretrained(folder)
    ends = vocabulary.convert_tokens_to_ids(["<|im_start|>", "<|im_end|>"])
    vocabulary.eos_token = "<|im_start|>"
    vocabulary.save_pretrained(folder)
    (folder / "generation_config.json").unlink(missing_ok=True)
    other = tiny.TEMPLATE.replace("<|im_start|>", "")
    with pytest.raises(BuildError, match="never learn to stop"):
        load_tokenizer(pinned(folder, chat_template=other))
    (folder / "generation_config.json").write_text(json.dumps({"eos_token_id": ends}))
    load_tokenizer(pinned(folder, chat_template=other))


def test_a_template_that_reads_the_clock_gets_a_fixed_date(base: Path, capsys: pytest.CaptureFixture[str]) -> None:
    template = "{% if strftime_now is defined %}{{ strftime_now('%d %b %Y %H:%M:%S') }}{% endif %}" + tiny.TEMPLATE
    tokenizer = load_tokenizer(pinned(base, chat_template=template))
    text = tokenizer.apply_chat_template([{"role": "user", "content": "Where?"}], tokenize=False)
    assert str(text).startswith("26 Jul 2024 12:00:00")
    assert "reads the clock" in capsys.readouterr().err

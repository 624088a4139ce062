"""A base is the pinned one and usable for training; an error is reported before the training."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

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

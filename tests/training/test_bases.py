"""A base is the one that was pinned, and one that a student can learn to answer from; what is amiss is told before it is trained."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import torch

from tests.engines import tiny
from tests.training.test_trainer import RECIPE
from xlforge.base.errors import BuildError
from xlforge.config.students import Base, Recipe
from xlforge.models.revision import folder_digest
from xlforge.training import bases
from xlforge.training.bases import model_of, tokenizer_of


def pinned(folder: Path, **keys: str) -> Base:
    return Base(model=str(folder), revision=folder_digest(folder), **keys)


def without_template(base: Path, folder: Path) -> Path:
    shutil.copytree(base, folder)
    (folder / "chat_template.jinja").unlink()
    return folder


def test_other_weights_than_the_pinned_ones_are_refused(base: Path) -> None:
    with pytest.raises(BuildError, match=r"but params\.yaml says revision sha256:old"):
        tokenizer_of(Base(model=str(base), revision="sha256:old"))


def test_a_base_from_the_hub_wants_a_commit() -> None:
    with pytest.raises(BuildError, match="needs a revision"):
        tokenizer_of(Base(model="nobody/nothing"))


def test_a_base_without_a_chat_template_takes_one_from_params(base: Path, tmp_path: Path) -> None:
    folder = without_template(base, tmp_path / "bare")
    with pytest.raises(BuildError, match="no chat template: write one as `chat_template`"):
        tokenizer_of(pinned(folder))
    assert tokenizer_of(pinned(folder, chat_template=tiny.TEMPLATE)).chat_template == tiny.TEMPLATE


def test_a_template_whose_answers_do_not_end_is_refused(base: Path) -> None:
    endless = tiny.TEMPLATE.replace("<|im_end|>", "")
    with pytest.raises(BuildError, match=r"does not end with '<\|im_end\|>'.*never learn to stop"):
        tokenizer_of(pinned(base, chat_template=endless))


def test_a_folder_without_weights_is_told(base: Path, tmp_path: Path) -> None:
    shutil.copytree(base, tmp_path / "bare")
    (tmp_path / "bare" / "model.safetensors").unlink()
    with pytest.raises(BuildError, match="cannot be loaded"):
        model_of(pinned(tmp_path / "bare"), RECIPE, "cpu")


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_weights_are_in_the_recipes_precision(base: Path, precision: str) -> None:
    recipe = Recipe(**(RECIPE.model_dump() | {"precision": precision}))
    assert model_of(pinned(base), recipe, "cpu").dtype == getattr(torch, precision)


def test_four_bits_want_a_gpu_and_bitsandbytes(base: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recipe = Recipe(**(RECIPE.model_dump() | {"quantised": True, "precision": "bfloat16"}))
    with pytest.raises(BuildError, match="quantised: true wants a GPU"):
        model_of(pinned(base), recipe, "cpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(bases, "find_spec", lambda name: None)
    with pytest.raises(BuildError, match="bitsandbytes: pip install"):
        model_of(pinned(base), recipe, "cuda")

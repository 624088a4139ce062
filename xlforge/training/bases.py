"""The model a student starts from, and its tokenizer: pinned by revision, and checked before anything is trained."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import torch
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    BitsAndBytesConfig,
    PreTrainedModel,
    PreTrainedTokenizerBase,
)

from xlforge.base.errors import BuildError
from xlforge.config.models import Model
from xlforge.config.students import Base, Recipe
from xlforge.models.revision import check
from xlforge.training.sizes import tokens

_ASKED, _ANSWERED = {"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Yes"}


def tokenizer_of(base: Base) -> PreTrainedTokenizerBase:
    """The tokenizer, with a chat template whose answers end. Raises BuildError, EngineError where the base is not as pinned."""
    check(Model(model=base.model, revision=base.revision))
    try:
        tokenizer: PreTrainedTokenizerBase = AutoTokenizer.from_pretrained(base.model, **options_of(base))
    except (OSError, ValueError) as error:
        raise BuildError(_unloadable(base, error)) from error
    if base.chat_template is not None:
        tokenizer.chat_template = base.chat_template
    if tokenizer.chat_template is None:
        raise BuildError(
            f"the tokenizer of {base.model} has no chat template: write one as `chat_template` beside it under `bases` in "
            "params.yaml, from tokens that it knows"
        )
    asked = tokens(tokenizer, [_ASKED], add_generation_prompt=True)
    answer = tokens(tokenizer, [_ASKED, _ANSWERED])[len(asked) :]
    if tokenizer.eos_token_id not in answer:
        raise BuildError(
            f"an answer under the chat template of {base.model} does not end with {tokenizer.eos_token!r}, the token that ends "
            "an answer: a student would never learn to stop. Write a `chat_template` beside it under `bases` in params.yaml"
        )
    return tokenizer


def model_of(base: Base, recipe: Recipe, device: str) -> PreTrainedModel:
    """The weights, in the recipe's precision. device: `cpu` or `cuda`. Raises BuildError where they cannot be had so."""
    options = options_of(base)
    if recipe.quantised:
        if device == "cpu" or not torch.cuda.is_available():
            raise BuildError(
                "quantised: true wants a GPU, and this training runs on the CPU: set XLFORGE_DEVICE=cuda where there is one, or "
                "write quantised: false in params.yaml"
            )
        if find_spec("bitsandbytes") is None:
            raise BuildError(
                "quantised: true wants bitsandbytes: pip install 'xlforge[qlora]', or write quantised: false"
            )
        options["quantization_config"] = BitsAndBytesConfig(  # type: ignore[no-untyped-call]
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
        )
    try:
        model: PreTrainedModel = AutoModelForCausalLM.from_pretrained(
            base.model, dtype=getattr(torch, recipe.precision), use_safetensors=True, **options
        )
    except (OSError, ValueError) as error:
        raise BuildError(_unloadable(base, error)) from error
    return model


def options_of(base: Base) -> dict[str, Any]:
    """What `from_pretrained` is given for anything of this base."""
    options: dict[str, Any] = {"trust_remote_code": base.trust_remote_code == base.model}
    if not Path(base.model).is_dir():
        options["revision"] = base.revision
    return options


def _unloadable(base: Base, error: Exception) -> str:
    return (
        f"the base {base.model} cannot be loaded: {error}; `model` under `bases` in params.yaml takes a folder or a hub id with "
        "safetensors weights"
    )

"""The model that a student starts from, and its tokenizer: pinned by revision, and checked before the training."""

from __future__ import annotations

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

_QUESTION, _ANSWER = {"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Yes"}


def load_tokenizer(base: Base) -> PreTrainedTokenizerBase:
    """The tokenizer of a base, with a chat template whose answers end.

    Raises:
        BuildError: the base differs from its revision, or its chat template is missing or unusable.
    """
    check(Model(model=base.model, revision=base.revision))
    tokenizer: PreTrainedTokenizerBase = _load(AutoTokenizer, base)
    if base.chat_template is not None:
        tokenizer.chat_template = base.chat_template
    if tokenizer.chat_template is None:
        raise BuildError(
            f"the tokenizer of {base.model} has no chat template: write one as `chat_template` under `bases` in params.yaml, "
            "with tokens that the tokenizer knows"
        )
    prompt = tokens(tokenizer, [_QUESTION], add_generation_prompt=True)
    answer = tokens(tokenizer, [_QUESTION, _ANSWER])[len(prompt) :]
    if tokenizer.eos_token_id not in answer:
        raise BuildError(
            f"an answer under the chat template of {base.model} does not end with {tokenizer.eos_token!r}, the token that ends "
            "an answer: a student would never learn to stop. Write another `chat_template` under `bases` in params.yaml"
        )
    return tokenizer


def load_model(base: Base, recipe: Recipe, device: str) -> PreTrainedModel:
    """The weights of a base in the recipe's dtype.

    Args:
        device: `cpu` or `cuda`.

    Raises:
        BuildError: the weights cannot be loaded, or not in 4 bits on this device.
    """
    options: dict[str, Any] = {"dtype": getattr(torch, recipe.dtype), "use_safetensors": True}
    if recipe.load_in_4bit:
        if device == "cpu" or not torch.cuda.is_available():
            raise BuildError(
                "load_in_4bit: true needs a GPU, and this training runs on the CPU: set XLFORGE_DEVICE=cuda on a machine with a "
                "GPU, or write load_in_4bit: false in params.yaml"
            )
        options["quantization_config"] = BitsAndBytesConfig(  # type: ignore[no-untyped-call]
            load_in_4bit=True,
            bnb_4bit_quant_type="nf4",
            bnb_4bit_use_double_quant=True,
            bnb_4bit_compute_dtype=torch.bfloat16,
        )
    model: PreTrainedModel = _load(AutoModelForCausalLM, base, **options)
    return model


def load_options(base: Base) -> dict[str, Any]:
    """The arguments of every `from_pretrained` of this base."""
    return {"trust_remote_code": base.trust_remote_code == base.model, "revision": base.revision}


def _load(kind: Any, base: Base, **options: Any) -> Any:
    try:
        return kind.from_pretrained(base.model, **load_options(base), **options)
    except ImportError as error:
        raise BuildError(
            f"{error}; pip install 'xlforge[qlora]', or write load_in_4bit: false in params.yaml"
        ) from error
    except (OSError, ValueError) as error:
        raise BuildError(
            f"the base {base.model} cannot be loaded: {error}; `model` under `bases` in params.yaml takes a folder or a hub id "
            "with safetensors weights"
        ) from error

"""The model that a student starts from, and its tokenizer: pinned by revision, and checked before the training."""

from functools import partial
from typing import Any

import torch
import transformers
from transformers import PreTrainedModel, PreTrainedTokenizerBase

from xlforge.base.errors import BuildError
from xlforge.config.models import Model
from xlforge.config.students import Base, Recipe
from xlforge.models.revision import check
from xlforge.models.templates import with_fixed_date, without_thinking
from xlforge.training.rows import tokens

_QUESTION, _ANSWER = {"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Yes"}


def load_tokenizer(base: Base) -> PreTrainedTokenizerBase:
    """The tokenizer of a base, with a chat template whose answers end.

    Raises:
        BuildError: the base differs from its revision, or its chat template is missing or unusable.
    """
    check(Model(model=base.model, revision=base.revision))
    tokenizer: PreTrainedTokenizerBase = _load(transformers.AutoTokenizer, base)
    if base.chat_template is not None:
        tokenizer.chat_template = base.chat_template
    if tokenizer.chat_template is None:
        what = f"the tokenizer of {base.model} has no chat template"
        raise BuildError(f"{what}: write one as `chat_template` under `bases` in params.yaml")
    fixed = with_fixed_date(str(tokenizer.chat_template), base.model)
    tokenizer.chat_template = without_thinking(fixed, partial(_lead, tokenizer), base.model)
    if lead := _lead(tokenizer, tokenizer.chat_template).strip():
        raise BuildError(
            f"the chat template of {base.model} writes {lead[:60]!r} before each answer, and not into the prompt: a student would learn "
            "to write it. Write another `chat_template` under `bases` in params.yaml"
        )
    prompt = tokens(tokenizer, [_QUESTION], add_generation_prompt=True)
    answer = tokens(tokenizer, [_QUESTION, _ANSWER])[len(prompt) :]
    if not _ends(tokenizer, base) & set(answer):
        raise BuildError(
            f"an answer under the chat template of {base.model} does not end with {tokenizer.eos_token!r}, the token that ends "
            "an answer: a student would never learn to stop. Write another `chat_template` under `bases` in params.yaml"
        )
    return tokenizer


def _lead(tokenizer: PreTrainedTokenizerBase, template: str) -> str:
    """What a template writes between a prompt and its answer."""
    options: dict[str, Any] = {"tokenize": False, "chat_template": template}
    prompt = str(tokenizer.apply_chat_template([_QUESTION], add_generation_prompt=True, **options))
    whole = str(tokenizer.apply_chat_template([_QUESTION, _ANSWER], **options))
    return whole.removeprefix(prompt).partition(_ANSWER["content"])[0] if whole.startswith(prompt) else ""


def _ends(tokenizer: PreTrainedTokenizerBase, base: Base) -> set[int]:
    """Every token that ends an answer, as the tokenizer and the model's generation config name them."""
    try:
        options: dict[str, Any] = {"revision": base.revision}
        named = transformers.GenerationConfig.from_pretrained(base.model, **options).eos_token_id
    except OSError:
        named = None
    more = named if isinstance(named, list) else [named]
    return {token for token in (tokenizer.eos_token_id, *more) if token is not None}


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
            remedy = "set XLFORGE_DEVICE=cuda on a machine with a GPU, or write load_in_4bit: false in params.yaml"
            raise BuildError(f"load_in_4bit: true needs a GPU, and this training runs on the CPU: {remedy}")
        nf4: Any = {"load_in_4bit": True, "bnb_4bit_quant_type": "nf4", "bnb_4bit_use_double_quant": True}
        config: Any = transformers.BitsAndBytesConfig
        options["quantization_config"] = config(**nf4, bnb_4bit_compute_dtype=torch.bfloat16)
    model: PreTrainedModel = _load(transformers.AutoModelForCausalLM, base, **options)
    return model


def load_options(base: Base) -> dict[str, Any]:
    """The arguments of every `from_pretrained` of this base."""
    return {"trust_remote_code": base.trust_remote_code == base.model, "revision": base.revision}


def _load(kind: Any, base: Base, **options: Any) -> Any:
    try:
        return kind.from_pretrained(base.model, **load_options(base), **options)
    except ImportError as error:
        raise BuildError(f"{error}; pip install 'xlforge[qlora]', or set load_in_4bit: false in params.yaml") from error
    except (OSError, ValueError) as error:
        what = "`model` under `bases` in params.yaml takes a folder or a hub id with safetensors weights"
        raise BuildError(f"the base {base.model} cannot be loaded: {error}; {what}") from error

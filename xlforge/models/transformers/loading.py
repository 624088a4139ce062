"""What the in-process engines have in common: weights in float32, and text that cannot spell a control token."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from transformers import AutoTokenizer
from transformers.utils import logging

from xlforge.config.models import Model
from xlforge.models.engine import EngineError
from xlforge.models.revision import base_revision, check
from xlforge.requests.request import unicode_only

_LOOKALIKES = str.maketrans({"<": "‹", "[": "⁅", "{": "❴", "|": "¦"})
_JOINER = "\u2060"


def load(spec: Model, kind: Any) -> tuple[Any, Any]:
    """The tokenizer and the model that params.yaml names, in float32 and from safetensors.

    Args:
        spec: its own code runs only where it names that very model for it.
        kind: the class of transformers' that loads it, such as AutoModelForCausalLM.

    Raises:
        EngineError: the weights are not those of its revision, or it cannot be loaded.
    """
    check(spec)
    options: dict[str, Any] = {"trust_remote_code": spec.trust_remote_code == spec.model}
    revision = base_revision(spec)
    if revision and not revision.startswith("sha256:"):
        options["revision"] = revision
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        tokenizer = AutoTokenizer.from_pretrained(spec.model, **options)
        options |= {"dtype": torch.float32, "use_safetensors": True}
        return tokenizer, kind.from_pretrained(spec.model, **options)
    except (OSError, ValueError) as error:
        raise EngineError(
            f"the model {spec.model} cannot be loaded: {error}; `model` in params.yaml takes a folder or a hub id "
            "with safetensors weights"
        ) from error


def stops(model: Any, tokenizer: Any) -> tuple[int, ...]:
    """Every token that ends a response, as the model's generation config and its tokenizer name them."""
    named = [model.generation_config.eos_token_id, tokenizer.eos_token_id]
    ids = {token for name in named if name is not None for token in (name if isinstance(name, list) else [name])}
    if not ids:
        raise EngineError("the model names no token that ends a response: set eos_token_id in generation_config.json")
    return tuple(sorted(ids))


def control_tokens(tokenizer: Any, more: Iterable[str] = ()) -> list[str]:
    """The texts of a tokenizer's control tokens and of others, the longest first."""
    found = {str(token) for token in tokenizer.all_special_tokens}.union(more)
    found |= {token.content for token in tokenizer.added_tokens_decoder.values() if token.special}
    return sorted(found, key=lambda token: (-len(token), token))


def harmless(text: str, controls: Sequence[str]) -> str:
    """A text in which no control token is spelled any more, with U+FFFD for lone surrogates, which have no tokens."""
    text = unicode_only(text)
    for control in controls:
        other = control.translate(_LOOKALIKES)
        text = text.replace(control, other if other != control else control[:1] + _JOINER + control[1:])
    return text


def free(device: torch.device) -> None:
    """Gives back the memory of a model that nothing refers to any more."""
    gc.collect()
    if device.type == "cuda":
        torch.cuda.empty_cache()

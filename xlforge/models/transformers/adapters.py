"""A PEFT adapter on a model of the in-process engine, merged into the float32 weights when it is loaded.

Merged, the model has the layers that the decode loop knows, and its speed; a row's response depends on its own request alone, as without
an adapter. Only safetensors are read. An adapter with weights that have no counterpart belongs to another model and is refused.
"""

from pathlib import Path
from typing import Any

from transformers import PreTrainedModel, PreTrainedTokenizerBase

from xlforge.models.engine import EngineError

WEIGHTS = "adapter_model.safetensors"
TEMPLATE = "chat_template.jinja"


def with_adapter(model: PreTrainedModel, tokenizer: PreTrainedTokenizerBase, folder: Path) -> PreTrainedModel:
    """The model with the adapter's weights added to its own, in place. Raises EngineError where they do not fit.

    The tokenizer gets the chat template that the adapter was trained with, where the folder has one.
    """
    from peft import PeftConfig, PeftType, get_peft_model, set_peft_model_state_dict
    from safetensors.torch import load_file

    if not (folder / WEIGHTS).is_file():
        raise EngineError(f"the adapter {folder} holds no {WEIGHTS}: only safetensors are loaded; save it so with PEFT")
    try:
        config = PeftConfig.from_pretrained(str(folder))
        if config.peft_type != PeftType.LORA:
            raise ValueError(f"{config.peft_type} adapters cannot be merged into a model, only LoRA can")
        config.inference_mode = True
        config.base_model_name_or_path = model.name_or_path
        around: Any = get_peft_model(model, config)
        loaded: Any = set_peft_model_state_dict(around, load_file(folder / WEIGHTS))
    except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
        raise EngineError(
            f"the adapter {folder} cannot be put on its model: {error}; check that it was trained on this model"
        ) from error
    lacking = [name for name in loaded.missing_keys if around.base_model.prefix in name]
    if loaded.unexpected_keys or lacking:
        names = ", ".join(sorted([*loaded.unexpected_keys, *lacking])[:3])
        raise EngineError(f"the adapter {folder} has no counterpart for {names}: name the base it was trained on")
    if (folder / TEMPLATE).is_file():
        tokenizer.chat_template = (folder / TEMPLATE).read_text(encoding="utf-8")
    merged: PreTrainedModel = around.merge_and_unload(safe_merge=True)
    return merged

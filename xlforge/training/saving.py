"""An adapter as the stage delivers it: weights, config and chat template, with the same bytes for the same training.

PEFT's own folder has a card, and its config lists the modules in the order of a set, which differs between runs.
"""

from pathlib import Path
from typing import Any

from peft import get_peft_model_state_dict
from safetensors.torch import save_file
from transformers import PreTrainedTokenizerBase

from xlforge.base.files import replaced, write_json, write_text
from xlforge.config.students import Base


def save(model: Any, tokenizer: PreTrainedTokenizerBase, base: Base, folder: Path) -> None:
    """Writes the folder, complete or not at all. `model` is a PeftModel; its config names the base as params.yaml does."""
    config: dict[str, Any] = model.peft_config["default"].to_dict()
    config |= {"target_modules": sorted(config["target_modules"]), "inference_mode": True}
    config["base_model_name_or_path"] = base.model
    config["revision"] = None if Path(base.model).is_dir() else base.revision
    weights = get_peft_model_state_dict(model, save_embedding_layers=False)
    with replaced(folder) as part:
        write_json(config, part / "adapter_config.json")
        file = part / "adapter_model.safetensors"
        tensors = {name: weight.detach().cpu().contiguous() for name, weight in sorted(weights.items())}
        save_file(tensors, file, metadata={"format": "pt"})
        file.chmod(0o644)  # safetensors gives only the owner the right to read
        write_text(str(tokenizer.chat_template), part / "chat_template.jinja")

"""An adapter as it is delivered: weights, config and chat template, the same bytes for the same training.

PEFT's own folder would hold a card, and in its config the modules in the order of a set, which differs from run to run.
"""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

from peft import get_peft_model_state_dict
from safetensors.torch import save_file
from transformers import PreTrainedTokenizerBase

from xlforge.base.files import write_json, write_text
from xlforge.config.students import Base


def save(model: Any, tokenizer: PreTrainedTokenizerBase, base: Base, folder: Path) -> None:
    """Writes the folder anew, whole or not at all. model: a PeftModel; its base is named as params.yaml names it."""
    part = folder.with_name(f".{folder.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    config = model.peft_config["default"]
    config.save_pretrained(str(part))
    written: dict[str, Any] = json.loads((part / "adapter_config.json").read_bytes())
    modules = written["target_modules"]
    written["target_modules"] = modules if isinstance(modules, str) else sorted(modules)
    written["base_model_name_or_path"] = base.model
    written["revision"] = None if Path(base.model).is_dir() else base.revision
    written["inference_mode"] = True
    write_json(written, part / "adapter_config.json")
    weights = get_peft_model_state_dict(model, save_embedding_layers=False)
    save_file(
        {name: weight.detach().cpu().contiguous() for name, weight in sorted(weights.items())},
        part / "adapter_model.safetensors",
        metadata={"format": "pt"},
    )
    (part / "adapter_model.safetensors").chmod(0o644)  # safetensors leaves it to its owner
    write_text(str(tokenizer.chat_template), part / "chat_template.jinja")
    shutil.rmtree(folder, ignore_errors=True)
    part.rename(folder)

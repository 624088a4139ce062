"""Makes a CometKiwi of a few thousand random weights, with COMET's own classes: python tiny_comet.py FOLDER.

Run by the Python of the optional environment; it has the files and the form of a real checkpoint, and knows nothing.
"""

from __future__ import annotations

import sys
from pathlib import Path

import torch
import yaml
from comet.models import UnifiedMetric
from tokenizers import Tokenizer, models, pre_tokenizers, processors, trainers
from transformers import XLMRobertaConfig, XLMRobertaTokenizerFast

folder = Path(sys.argv[1]).resolve()
encoder = folder / "encoder"
(folder / "checkpoints").mkdir(parents=True)

tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel()
special = ["<s>", "<pad>", "</s>", "<unk>", "<mask>"]
alphabet = pre_tokenizers.ByteLevel.alphabet()
trainer = trainers.BpeTrainer(vocab_size=400, special_tokens=special, initial_alphabet=alphabet)
tokenizer.train_from_iterator(["the word in the house"], trainer)
tokenizer.post_processor = processors.TemplateProcessing(
    single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
)
XLMRobertaTokenizerFast(tokenizer_object=tokenizer).save_pretrained(encoder)
XLMRobertaConfig(
    vocab_size=400,
    hidden_size=32,
    num_hidden_layers=2,
    num_attention_heads=2,
    intermediate_size=32,
    max_position_embeddings=514,
).save_pretrained(encoder)

parameters = {
    "pretrained_model": str(encoder),
    "encoder_model": "XLM-RoBERTa",
    "sent_layer": "mix",
    "word_layer": 2,
    "hidden_sizes": [16],
    "activations": "Tanh",
    "input_segments": ["mt", "src"],
    "word_level_training": False,
    "layer_transformation": "softmax",
    "layer_norm": False,
}
torch.manual_seed(0)
model = UnifiedMetric(**parameters, load_pretrained_weights=False)
with torch.no_grad():
    model.estimator.ff[-1].bias.fill_(0.5)
checkpoint = {
    "state_dict": model.state_dict(),
    "hyper_parameters": dict(model.hparams),
    "pytorch-lightning_version": "2.0.0",
}
torch.save(checkpoint, folder / "checkpoints" / "model.ckpt")
(folder / "hparams.yaml").write_text(yaml.safe_dump({**parameters, "class_identifier": "unified_metric"}))

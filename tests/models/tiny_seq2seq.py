"""Translation systems small enough for tests: random weights, and the tokenizer of each architecture, made from one paragraph."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers, trainers
from transformers import (
    M2M100Config,
    M2M100ForConditionalGeneration,
    M2M100Tokenizer,
    MarianConfig,
    MarianMTModel,
    MarianTokenizer,
    NllbTokenizer,
    PreTrainedModel,
    T5Config,
    T5ForConditionalGeneration,
    T5Tokenizer,
)

sentencepiece = pytest.importorskip("sentencepiece", reason="the tokenizers of Marian and M2M100 need sentencepiece")
WORDS = (
    "The river Anster rises near Quill and flows for ninety miles past mills, orchards and the old town of Brede. "
    "Boats carry apples down to the sea. Nobody knows who built the stone bridge? Ask the miller, he was there!"
)
SMALL: dict[str, Any] = {
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "max_position_embeddings": 128,
    "init_std": 0.4,
}


def pieces() -> bytes:
    """A sentencepiece model of the paragraph."""
    written = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter([WORDS] * 4),
        model_writer=written,
        vocab_size=90,
        hard_vocab_limit=False,
        pad_id=-1,
        minloglevel=2,
    )
    return written.getvalue()


def _words(model: bytes) -> list[str]:
    loaded = sentencepiece.SentencePieceProcessor(model_proto=model)
    return [loaded.IdToPiece(number) for number in range(loaded.GetPieceSize())]


def _saved(folder: Path, tokenizer: Any, model: PreTrainedModel) -> Path:
    """With an end that becomes likely after a few tokens, since random weights hardly ever write one."""
    model.generation_config.exponential_decay_length_penalty = (6, 1.4)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder


def marian(folder: Path, codes: tuple[str, ...] = ()) -> Path:
    """Of one direction, or with language codes."""
    folder.mkdir(parents=True, exist_ok=True)
    spm = pieces()
    every = [*dict.fromkeys(["</s>", "<unk>", *_words(spm), *(f">>{code}<<" for code in codes), "<pad>"])]
    for name in ("source.spm", "target.spm"):
        (folder / name).write_bytes(spm)
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(every)}))
    paths = (str(folder / name) for name in ("source.spm", "target.spm", "vocab.json"))
    ends = {"pad_token_id": len(every) - 1, "decoder_start_token_id": len(every) - 1, "eos_token_id": 0}
    torch.manual_seed(5)
    shape = MarianConfig(**SMALL, **ends, vocab_size=len(every), forced_eos_token_id=None)
    return _saved(folder, MarianTokenizer(*paths, model_max_length=64), MarianMTModel(shape))


def _m2m100(size: int) -> PreTrainedModel:
    torch.manual_seed(5)
    shape = M2M100Config(**SMALL, vocab_size=size, decoder_start_token_id=2, eos_token_id=2, pad_token_id=1)
    return M2M100ForConditionalGeneration(shape)


def m2m100(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    spm = pieces()
    (folder / "sentencepiece.bpe.model").write_bytes(spm)
    every = [*dict.fromkeys(["<s>", "<pad>", "</s>", "<unk>", *_words(spm)])]
    (folder / "vocab.json").write_text(json.dumps({word: number for number, word in enumerate(every)}))
    tokenizer = M2M100Tokenizer(str(folder / "vocab.json"), str(folder / "sentencepiece.bpe.model"))
    return _saved(folder, tokenizer, _m2m100(len(every) + 108))


def nllb(folder: Path) -> Path:
    specials = ["<s>", "<pad>", "</s>", "<unk>"]
    bpe = Tokenizer(models.BPE(unk_token="<unk>"))
    bpe.pre_tokenizer = pre_tokenizers.Metaspace()
    bpe.train_from_iterator([WORDS], trainers.BpeTrainer(vocab_size=120, special_tokens=specials, show_progress=False))
    made = json.loads(bpe.to_str())["model"]
    merges = [tuple(merge) for merge in made["merges"]]
    tokenizer = NllbTokenizer(made["vocab"], merges, extra_special_tokens=["deu_Latn", "eng_Latn", "hun_Latn"])
    return _saved(folder, tokenizer, _m2m100(len(tokenizer)))


def t5(folder: Path) -> Path:
    """As MADLAD: the target's code is a token before the text."""
    spm = sentencepiece.SentencePieceProcessor(model_proto=pieces())
    scores = [(spm.IdToPiece(number), spm.GetScore(number)) for number in range(spm.GetPieceSize())]
    known = [(word, score) for word, score in scores if not word.startswith("<")]
    every = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), ("<2de>", 0.0), ("<2hu>", 0.0), *known]
    shape = {"d_model": 32, "d_kv": 8, "d_ff": 48, "num_layers": 2, "num_heads": 4, "initializer_factor": 1.5}
    tokenizer = T5Tokenizer(vocab=every, extra_ids=0, model_max_length=64)
    torch.manual_seed(5)
    config = T5Config(
        **shape, vocab_size=len(tokenizer), decoder_start_token_id=0, pad_token_id=0, tie_word_embeddings=False
    )
    return _saved(folder, tokenizer, T5ForConditionalGeneration(config))


MAKERS: dict[str, Callable[[Path], Path]] = {"marian": marian, "m2m100": m2m100, "nllb": nllb, "t5": t5}

"""The pocket models' tokenizer: byte-level BPE over the world's own texts, every digit a token of its own.

Ordinary words become one token each; a name always stands after a space, so its pieces are the same everywhere.
"""

from __future__ import annotations

from collections.abc import Iterator
from random import Random

from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import PreTrainedTokenizerFast

from pocket import grammar
from pocket.grammar import LANGS
from pocket.jobs import JOBS
from pocket.names import syllables

SPECIAL = ("<|pad|>", "<|system|>", "<|user|>", "<|assistant|>", "<|end|>")
VOCABULARY = 4096
CONTEXT = 1024
CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{{ '<|' + message['role'] + '|>' + message['content'] + '<|end|>' }}"
    "{% endfor %}"
    "{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}"
)


def _texts(each: int) -> Iterator[str]:
    """Examples with their names taken apart, so that syllables are learnt and no vocabulary is spent on whole names."""
    rng = Random("tokenizer")
    for _ in range(each):
        for make in JOBS.values():
            example = make(rng, "train")
            name = example.subject.name
            asked = grammar.questions(example.subject, example.plan.aspect, rng.choice(LANGS))
            for text in (example.prompt, example.answer, rng.choice(asked)):
                yield text.replace(name, "0".join(syllables(name)))


def build(each: int = 5000) -> PreTrainedTokenizerFast:
    """The tokenizer, trained on `each` examples of every job; the same on every run."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(r"\d"), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    bpe.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=VOCABULARY,
        special_tokens=list(SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    bpe.train_from_iterator(_texts(each), trainer)
    tokenizer = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=bpe,
        pad_token="<|pad|>",
        eos_token="<|end|>",
        additional_special_tokens=["<|system|>", "<|user|>", "<|assistant|>"],
        model_max_length=CONTEXT,
        padding_side="left",
        clean_up_tokenization_spaces=False,
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    return tokenizer

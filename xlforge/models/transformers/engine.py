"""The in-process engine: a Hugging Face model in float32, many rows in one forward pass.

float32 whatever the checkpoint's precision, because in 16 bits a neighbour in the batch changes an answer now and then.
Only safetensors are loaded, and a model's own code runs only where params.yaml names that very model for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from math import ceil
from pathlib import Path
from typing import Any

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.utils import logging

from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.models.engine import EngineError, Sink
from xlforge.models.revision import base_revision, check
from xlforge.models.transformers.adapters import with_adapter
from xlforge.models.transformers.decoding import KINDS, Manner, Spoken, kinds, speak
from xlforge.models.transformers.kv_cache import FOLDED
from xlforge.models.transformers.sampling import uniforms
from xlforge.requests.request import Request, unicode_only
from xlforge.requests.response import Completed, Response, choice, share

_LOOKALIKES = str.maketrans({"<": "‹", "[": "⁅", "{": "❴", "|": "¦"})
_JOINER = "\u2060"
_SMALL = 50_000_000
_Asked = tuple[Request, tuple[int, ...]]


class TransformersEngine:
    """A causal language model and its tokenizer, on `execution.device`. Raises EngineError where it cannot be had."""

    def __init__(self, spec: Model, execution: Execution) -> None:
        check(spec)
        self._tokenizer, model = _load(spec)
        self._model = model.to(execution.device).eval()
        self._stops = _stops(model, self._tokenizer)
        self._context: int = getattr(model.config.get_text_config(), "max_position_embeddings", None) or 1 << 62
        self._batch = execution.batch
        # A small model's products are too small to share among threads: each thread takes batches of its own.
        alone = model.device.type == "cpu" and model.num_parameters() <= _SMALL
        self._workers = torch.get_num_threads() if alone else 1
        specials = {str(token) for token in self._tokenizer.all_special_tokens}
        specials |= {token.content for token in self._tokenizer.added_tokens_decoder.values() if token.special}
        self._spelt: dict[tuple[str, ...], dict[int, str]] = {}
        self._specials = sorted(specials, key=lambda special: (-len(special), special))

    def generate(self, requests: Sequence[Request], sink: Sink) -> None:
        """Response all, the longest prompts first; each batch is kept as it ends."""
        asked: list[_Asked] = []
        for request in requests:
            prompt = self._prompt(request)
            if len(prompt) >= self._context:
                sink.fail(request, f"the prompt has {len(prompt)} tokens and the model reads {self._context}")
            else:
                asked.append((request, prompt))
        threads = (1,) if self._workers > 1 else (torch.get_num_threads(),)
        pool = ThreadPoolExecutor(self._workers, "decode", initializer=torch.set_num_threads, initargs=threads)
        try:
            for kept in [
                pool.submit(lambda rows: sink.put(self._answers(rows)), rows) for rows in self._batches(asked)
            ]:
                kept.result()
        finally:
            pool.shutdown(cancel_futures=True)

    def close(self) -> None:
        """Let go of the weights."""
        del self._model

    def _batches(self, asked: list[_Asked]) -> list[list[_Asked]]:
        """Rows of one sampling and about one length together, in as many equal batches as keep every worker busy."""

        def manner(asked: _Asked) -> tuple[float, float, int, tuple[str, ...]]:
            sampling = asked[0].sampling
            return sampling.temperature, sampling.top_p, sampling.max_tokens, asked[0].choices

        batches = []
        asked.sort(key=lambda pair: (manner(pair), -len(pair[1]), pair[1], pair[0].key))
        for _, alike in groupby(asked, manner):
            rows = list(alike)
            parts = self._workers * ceil(len(rows) / (self._workers * self._batch))
            size = ceil(len(rows) / parts)
            batches += [rows[start : start + size] for start in range(0, len(rows), size)]
        return batches

    def _answers(self, rows: list[_Asked]) -> list[Completed]:
        sampling = rows[0][0].sampling
        limits = [min(sampling.max_tokens, self._context - len(prompt)) for _, prompt in rows]
        chances = torch.zeros((len(rows), max(limits)), dtype=torch.double)
        if sampling.temperature > 0:
            for index, (request, _) in enumerate(rows):
                chances[index] = torch.from_numpy(uniforms(request.seed, max(limits)))
        spellings = self._spellings(rows[0][0].choices)
        manner = Manner(sampling.temperature, sampling.top_p, self._stops, tuple(spellings))
        prompts = [prompt for _, prompt in rows]
        spoken = speak(self._model, prompts, chances.to(self._model.device), limits, manner)
        texts = self._tokenizer.batch_decode(
            [said.tokens for said in spoken], skip_special_tokens=True, clean_up_tokenization_spaces=False
        )
        return [
            (
                request,
                Response(
                    text=text,
                    finish_reason="stop" if said.ended else "length",
                    tokens_in=len(prompt),
                    tokens_out=len(said.tokens),
                    logprob=_logprob(request, said, text, spellings) if request.logprobs else None,
                ),
            )
            for (request, prompt), said, text in zip(rows, spoken, texts, strict=True)
        ]

    def _spellings(self, choices: tuple[str, ...]) -> dict[int, str]:
        """The tokens that spell a choice by themselves, and which."""
        if choices not in self._spelt:
            words = self._tokenizer.batch_decode([[token] for token in range(len(self._tokenizer))] if choices else [])
            found = {token: choice(word, choices) for token, word in enumerate(words)}
            self._spelt[choices] = {token: word for token, word in found.items() if word is not None}
        return self._spelt[choices]

    def _prompt(self, request: Request) -> tuple[int, ...]:
        messages = [{"role": role, "content": self._harmless(content)} for role, content in request.messages]
        text = self._tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False)
        return tuple(self._tokenizer(text, add_special_tokens=False)["input_ids"])

    def _harmless(self, text: str) -> str:
        """Content that spells a control token of this tokenizer must not become it; lone surrogates have no tokens."""
        text = unicode_only(text)
        for special in self._specials:
            defused = special.translate(_LOOKALIKES)
            text = text.replace(special, defused if defused != special else special[:1] + _JOINER + special[1:])
        return text


def _logprob(request: Request, said: Spoken, text: str, spellings: dict[int, str]) -> float | None:
    """The log-probability that an Response to this request carries."""
    if not request.choices:
        return said.logprob
    chosen = spellings.get(said.tokens[0])
    if chosen is None or chosen != choice(text, request.choices):
        return None
    return share(zip(spellings.values(), said.first, strict=True), chosen, request.choices)


def _load(spec: Model) -> tuple[Any, Any]:
    options: dict[str, Any] = {"trust_remote_code": spec.trust_remote_code == spec.model}
    revision = base_revision(spec)
    if revision and not revision.startswith("sha256:"):
        options["revision"] = revision
    logging.disable_progress_bar()  # type: ignore[no-untyped-call]
    try:
        tokenizer = AutoTokenizer.from_pretrained(spec.model, **options)
        model: Any = AutoModelForCausalLM.from_pretrained(
            spec.model, dtype=torch.float32, use_safetensors=True, **options
        )
    except (OSError, ValueError) as error:
        raise EngineError(
            f"the model {spec.model} cannot be loaded: {error}; `model` in params.yaml takes a folder or a hub id "
            "with safetensors weights"
        ) from error
    if unknown := set(kinds(model)) - KINDS:
        raise EngineError(
            f"the model {spec.model} has {', '.join(sorted(unknown))} layers, which the transformers engine does not "
            "run: serve it behind an OpenAI-compatible endpoint and set `engine: openai` in params.yaml"
        )
    if spec.chat_template is not None:
        tokenizer.chat_template = spec.chat_template
    if spec.adapter:
        model = with_adapter(model, tokenizer, Path(spec.adapter))
    if tokenizer.chat_template is None:
        raise EngineError(f"the tokenizer of {spec.model} has no chat template: take a model that answers messages")
    if model.config._attn_implementation == "sdpa":
        model.set_attn_implementation(FOLDED)
    return tokenizer, model


def _stops(model: Any, tokenizer: Any) -> tuple[int, ...]:
    """Every token that ends an answer, as the model's generation config and its tokenizer name them."""
    named = [model.generation_config.eos_token_id, tokenizer.eos_token_id]
    ids = {token for name in named if name is not None for token in (name if isinstance(name, list) else [name])}
    if not ids:
        raise EngineError("the model names no token that ends an answer: set eos_token_id in generation_config.json")
    return tuple(sorted(ids))

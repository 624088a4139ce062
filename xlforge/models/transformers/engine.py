"""The in-process engine: a Hugging Face model in float32, many rows in one forward pass.

float32 whatever the checkpoint's precision, because in 16 bits another row in the batch changes a response now and then.
Only safetensors are loaded, and a model's own code runs only where params.yaml names that very model for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from math import ceil
from pathlib import Path
from typing import Any, NamedTuple

import torch
from transformers import AutoModelForCausalLM

from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.models.engine import EngineError, Sink
from xlforge.models.templates import with_fixed_date
from xlforge.models.transformers.adapters import with_adapter
from xlforge.models.transformers.decoding import SUPPORTED, Decoded, Options, decode, layer_kinds
from xlforge.models.transformers.kv_cache import FOLDED
from xlforge.models.transformers.loading import control_tokens, free, harmless, load, stops
from xlforge.models.transformers.sampling import uniforms
from xlforge.requests.request import Request
from xlforge.requests.response import PROMPT_TOO_LONG, Response, choice, share

_SMALL = 50_000_000


class _Row(NamedTuple):
    """A request and its prompt's token ids."""

    request: Request
    prompt: tuple[int, ...]

    @property
    def kind(self) -> tuple[float, float, int, tuple[str, ...]]:
        """What the rows of a batch have in common."""
        sampling = self.request.sampling
        return sampling.temperature, sampling.top_p, sampling.max_tokens, self.request.choices


class TransformersEngine:
    """A causal language model and its tokenizer, on `execution.device`. Raises EngineError where it cannot be loaded."""

    def __init__(self, spec: Model, execution: Execution) -> None:
        self._tokenizer, model = _load(spec)
        self._model = model.to(execution.device).eval()
        self._stops = stops(model, self._tokenizer)
        self._context: int = getattr(model.config.get_text_config(), "max_position_embeddings", None) or 1 << 62
        self._batch_size = execution.batch_size
        # A small model's products are too small to share among threads: each thread takes batches of its own.
        alone = model.device.type == "cpu" and model.num_parameters() <= _SMALL
        self._workers = torch.get_num_threads() if alone else 1
        self._controls = control_tokens(self._tokenizer)
        self._spellings_of: dict[tuple[str, ...], dict[int, str]] = {}

    def generate(self, requests: Sequence[Request], sink: Sink) -> None:
        """See Engine. The longest prompts come first; each batch is reported as it ends."""
        rows: list[_Row] = []
        for request in requests:
            prompt = self._prompt(request)
            if len(prompt) >= self._context:
                sink.fail(request, f"{PROMPT_TOO_LONG}: {len(prompt)} tokens, and the model reads {self._context}")
            else:
                rows.append(_Row(request, prompt))
        threads = 1 if self._workers > 1 else torch.get_num_threads()
        pool = ThreadPoolExecutor(self._workers, "decode", initializer=torch.set_num_threads, initargs=(threads,))
        try:
            for batch in [pool.submit(self._complete, part, sink) for part in self._batches(rows)]:
                batch.result()
        finally:
            pool.shutdown(cancel_futures=True)

    def close(self) -> None:
        """Frees the weights, for whatever model this process loads next."""
        device = self._model.device
        del self._model
        free(device)

    def _batches(self, rows: list[_Row]) -> list[list[_Row]]:
        """Rows of one kind and about one length together, in as many equal batches as keep every worker busy."""
        batches = []
        rows.sort(key=lambda row: (row.kind, -len(row.prompt), row.prompt, row.request.key))
        for _, group in groupby(rows, lambda row: row.kind):
            alike = list(group)
            parts = self._workers * ceil(len(alike) / (self._workers * self._batch_size))
            size = ceil(len(alike) / parts)
            batches += [alike[start : start + size] for start in range(0, len(alike), size)]
        return batches

    def _complete(self, rows: list[_Row], sink: Sink) -> None:
        """Generates the responses of a batch and reports them."""
        sampling = rows[0].request.sampling
        limits = [min(sampling.max_tokens, self._context - len(row.prompt)) for row in rows]
        uniform = torch.zeros((len(rows), max(limits)), dtype=torch.double)
        if sampling.temperature > 0:
            for index, row in enumerate(rows):
                uniform[index] = torch.from_numpy(uniforms(row.request.seed, max(limits)))
        spellings = self._spellings(rows[0].request.choices)
        options = Options(sampling.temperature, sampling.top_p, self._stops, tuple(spellings))
        prompts = [row.prompt for row in rows]
        decoded = decode(self._model, prompts, uniform.to(self._model.device), limits, options)
        plain = {"skip_special_tokens": True, "clean_up_tokenization_spaces": False}
        texts = self._tokenizer.batch_decode([each.tokens for each in decoded], **plain)
        every = zip(rows, decoded, texts, strict=True)
        sink.put([(row.request, _response(row, each, text, spellings)) for row, each, text in every])

    def _spellings(self, choices: tuple[str, ...]) -> dict[int, str]:
        """The tokens that spell a choice by themselves, and which choice."""
        if choices not in self._spellings_of:
            words = self._tokenizer.batch_decode([[token] for token in range(len(self._tokenizer))] if choices else [])
            spelt = {token: choice(word, choices) for token, word in enumerate(words)}
            self._spellings_of[choices] = {token: word for token, word in spelt.items() if word is not None}
        return self._spellings_of[choices]

    def _prompt(self, request: Request) -> tuple[int, ...]:
        messages = [{"role": role, "content": harmless(content, self._controls)} for role, content in request.messages]
        options = request.options.get("chat_template_kwargs", {})
        text = self._tokenizer.apply_chat_template(messages, add_generation_prompt=True, tokenize=False, **options)
        return tuple(self._tokenizer(text, add_special_tokens=False)["input_ids"])


def _response(row: _Row, decoded: Decoded, text: str, spellings: dict[int, str]) -> Response:
    return Response(
        text=text,
        finish_reason="stop" if decoded.ended else "length",
        tokens_in=len(row.prompt),
        tokens_out=len(decoded.tokens),
        logprob=_logprob(row.request, decoded, text, spellings) if row.request.logprobs else None,
    )


def _logprob(request: Request, decoded: Decoded, text: str, spellings: dict[int, str]) -> float | None:
    """The log-probability that a response to this request carries."""
    if not request.choices:
        return decoded.logprob
    chosen = spellings.get(decoded.tokens[0])
    if chosen is None or chosen != choice(text, request.choices):
        return None
    return share(zip(spellings.values(), decoded.first, strict=True), chosen, request.choices)


def _load(spec: Model) -> tuple[Any, Any]:
    tokenizer, model = load(spec, AutoModelForCausalLM)
    if unknown := set(layer_kinds(model)) - SUPPORTED:
        raise EngineError(
            f"the model {spec.model} has {', '.join(sorted(unknown))} layers, which the transformers engine does not "
            "run: serve it behind an OpenAI-compatible endpoint and set `engine: openai` in params.yaml"
        )
    if spec.chat_template is not None:
        tokenizer.chat_template = spec.chat_template
    if spec.adapter:
        model = with_adapter(model, tokenizer, Path(spec.adapter))
    if tokenizer.chat_template is None:
        raise EngineError(f"the tokenizer of {spec.model} has no chat template: choose a model that answers messages")
    tokenizer.chat_template = with_fixed_date(str(tokenizer.chat_template), spec.model)
    if model.config._attn_implementation == "sdpa":
        model.set_attn_implementation(FOLDED)
    return tokenizer, model

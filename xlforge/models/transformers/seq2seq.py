"""The in-process engine of translation systems: Marian, M2M100, NLLB, MADLAD and other encoder-decoder models of transformers.

They are trained on sentences, so a text is translated sentence by sentence, and line breaks, markers of lists and code fences stay. Such
a system reads no instructions: the last message is the text, and the direction is a part of the model (`Model.between`).
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

from transformers import AutoModelForSeq2SeqLM

from xlforge.config.execution import Execution
from xlforge.config.models import Model
from xlforge.models.engine import Sink
from xlforge.models.transformers.directions import Direction
from xlforge.models.transformers.loading import control_tokens, free, harmless, load, stops
from xlforge.models.transformers.pieces import joined, pieces
from xlforge.models.transformers.searching import Found, Search, logprob, translate, width
from xlforge.requests.request import Request
from xlforge.requests.response import PROMPT_TOO_LONG, Response

_ANY_LENGTH = 1_000_000


@dataclass(frozen=True)
class _Sentence:
    """A sentence to translate: its token ids, how, and the seed that its sampling has; equal ones are translated once."""

    prompt: tuple[int, ...]
    search: Search
    seed: int


@dataclass
class _Text:
    """A request, its sentences, and how many of those are still to be translated."""

    request: Request
    sentences: list[_Sentence] = field(default_factory=list)
    open: int = 0


class Seq2SeqEngine:
    """A translation system for one direction, on `execution.device`. Raises EngineError where it cannot be loaded."""

    def __init__(self, spec: Model, execution: Execution) -> None:
        with warnings.catch_warnings():
            # Marian's tokenizer wants a package that it does not use.
            warnings.filterwarnings("ignore", "Recommended: pip install sacremoses")
            self._tokenizer, model = load(spec, AutoModelForSeq2SeqLM)
        self._direction = Direction(self._tokenizer, spec)
        self._controls = control_tokens(self._tokenizer, self._direction.controls)
        self._unwritten = set(self._tokenizer.convert_tokens_to_ids(self._controls))
        self._model: Any = model.to(execution.device).eval()
        self._stops = stops(model, self._tokenizer)
        positions = getattr(model.config, "max_position_embeddings", None) or _ANY_LENGTH
        self._context: int = min(positions, self._tokenizer.model_max_length)
        self._num_beams = spec.num_beams
        self._batch_size = max(1, execution.batch_size // spec.num_beams)

    def generate(self, requests: Sequence[Request], sink: Sink) -> None:
        """See Engine. A text is reported when its last sentence is translated."""
        waiting: dict[_Sentence, list[_Text]] = {}
        for request in requests:
            text = self._text(request)
            longest = max((len(sentence.prompt) for sentence in text.sentences), default=0)
            if longest > self._context:
                limit = f"a sentence of {longest} tokens, and the model reads {self._context}"
                sink.fail(request, f"{PROMPT_TOO_LONG}: {limit}")
                continue
            for sentence in (different := set(text.sentences)):
                waiting.setdefault(sentence, []).append(text)
            text.open = len(different)
            if not different:
                sink.put([(request, self._response(text, {}))])
        self._translate(waiting, sink)

    def close(self) -> None:
        """Frees the weights, for whatever model this process loads next."""
        device = self._model.device
        del self._model
        free(device)

    def _text(self, request: Request) -> _Text:
        sampling, text = request.sampling, _Text(request)
        longest = min(sampling.max_tokens, self._context - 2)
        search = Search(
            sampling.temperature, sampling.top_p, longest, self._num_beams, self._direction.first, self._stops
        )
        for number, sentence in enumerate(self._sentences(request)):
            read = self._direction.prefix + harmless(sentence, self._controls)
            ids = self._tokenizer(read, verbose=False)["input_ids"]
            seed = (request.seed << 32) + number if sampling.temperature > 0 else 0
            text.sentences.append(_Sentence(tuple(ids), search, seed))
        return text

    def _sentences(self, request: Request) -> list[str]:
        return [piece.sentence for piece in pieces(request.messages[-1][1]) if piece.sentence]

    def _translate(self, waiting: dict[_Sentence, list[_Text]], sink: Sink) -> None:
        found: dict[_Sentence, list[Found]] = {}
        for batch in _batches(waiting, self._batch_size):
            prompts, seeds = [each.prompt for each in batch], [each.seed for each in batch]
            found.update(zip(batch, translate(self._model, prompts, seeds, batch[0].search), strict=True))
            ready = []
            for text in (text for sentence in batch for text in waiting[sentence]):
                text.open -= 1
                if not text.open:
                    ready.append((text.request, self._response(text, found)))
            if ready:
                sink.put(ready)

    def _response(self, text: _Text, found: dict[_Sentence, list[Found]]) -> Response:
        """Of several candidates of a beam search, each is the next likeliest of every sentence."""
        request, wanted = text.request, text.request.candidate
        chosen = [(each, found[each][wanted % len(found[each])]) for each in text.sentences]
        texts = [self._written(each) for _, each in chosen]
        total = sum(len(each.tokens) for _, each in chosen)
        whole = total <= request.sampling.max_tokens and all(each.ended for _, each in chosen)
        shares = (logprob(self._model, each.prompt, one, each.search) for each, one in chosen)
        return Response(
            text=joined(pieces(request.messages[-1][1]), texts),
            finish_reason="stop" if whole else "length",
            tokens_in=sum(len(each.prompt) for each in text.sentences),
            tokens_out=total,
            logprob=sum(shares) if request.logprobs else None,
        )

    def _written(self, found: Found) -> str:
        tokens = [token for token in found.tokens if token not in self._unwritten]
        text: str = self._tokenizer.decode(tokens, clean_up_tokenization_spaces=False)
        return text


def _batches(sentences: dict[_Sentence, list[_Text]], size: int) -> Iterator[list[_Sentence]]:
    """Sentences of one search and one width together, the longest first."""

    def kind(sentence: _Sentence) -> tuple[int, str]:
        return -width(sentence.prompt), repr(sentence.search)

    for _, group in groupby(sorted(sentences, key=kind), kind):
        alike = list(group)
        yield from (alike[start : start + size] for start in range(0, len(alike), size))

"""What a model returned for a request, and how the response to a choice is read."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from xlforge.requests.reasoning import without_reasoning
from xlforge.requests.request import Request

_AROUND = " \t\r\n*_`'\"()[]{}.:,▁ĠĊ"
"""Marks, blanks and the signs that tokenizers write for blanks: they may stand around a choice."""


@dataclass(frozen=True)
class Response:
    """A model's response.

    Args:
        text: as the model wrote it.
        finish_reason: `stop` where it ended by itself, `length` where it was cut off, `content_filter` and `refusal` where it was
            withheld, `reasoning` where it is reasoning and no answer; of older caches also what else a server reported.
        tokens_in: read.
        tokens_out: written.
        logprob: the sum over the response's tokens in nats, where the request wants it and the engine gives it. Where the request
            names choices and the response is one, it is instead the log of that choice's share of the probability of all choices.
        served: the name of the model as the server gave it, where it is another than the request's.
    """

    text: str
    finish_reason: str
    tokens_in: int
    tokens_out: int
    logprob: float | None = None
    served: str | None = None


Completed = tuple[Request, Response]
"""A request and its response."""


PROMPT_TOO_LONG = "prompt_too_long"
"""Why a request fails that the model cannot read as a whole; also the reason of the reject."""
WITHHELD = ("content_filter", "refusal")
"""Finish reasons of responses that a provider or a model withheld; also the reasons of their rejects."""


def readable(request: Request, response: Response) -> Response:
    """The response without reasoning. Its log-probability, which is that of the whole text, is then not known.

    A response that is reasoning alone has the finish reason `reasoning`, or `length` where the reasoning reached the limit.
    """
    prompt = "\n".join(content for _, content in request.messages)
    answer = without_reasoning(response.text, prompt)
    if not answer.reasoned:
        return response
    alone = answer.unfinished or not answer.text
    finish = "reasoning" if alone and response.finish_reason == "stop" else response.finish_reason
    return replace(response, text=answer.text, finish_reason=finish, logprob=None)


def choice(word: str, choices: Sequence[str]) -> str | None:
    """The choice that a token or a response spells, whatever marks surround it; None if it spells none."""
    bare = word.strip(_AROUND)
    return bare if bare in choices else None


def share(logprobs: Iterable[tuple[str, float]], chosen: str, choices: Sequence[str]) -> float | None:
    """The log of a choice's share among all choices, from tokens and their log-probabilities; None if it has no token there."""
    mass = dict.fromkeys(choices, 0.0)
    for token, logprob in logprobs:
        if (spelt := choice(token, choices)) is not None:
            mass[spelt] += math.exp(min(logprob, 0.0))
    whole = math.fsum(mass.values())
    return math.log(mass[chosen] / whole) if mass[chosen] > 0 and math.isfinite(whole) else None

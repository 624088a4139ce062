"""A loaded CachedLLM, called with plain texts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from xlforge.models.engine import Engine
from xlforge.models.engines import open_engine
from xlforge.requests.response import Response
from xlforge.steps.answerers import Live, Reply
from xlforge.steps.cached_llm import CachedLLM
from xlforge.steps.usage import Usage


class Cached:
    """A model behind a cache. usage: what it used since it was loaded. engine: in place of the one that the model names."""

    def __init__(self, llm: CachedLLM, engine: Engine | None = None) -> None:
        self.llm, self.usage = llm, Usage()
        self._answerer = Live(llm.execution, self.usage, open_engine if engine is None else lambda *_: engine)
        llm.use(self._answerer)
        llm.load()

    def replies(
        self, texts: Sequence[Any], candidates: int = 1, ids: Sequence[str] = (), **request: Any
    ) -> list[list[Reply]]:
        """The replies to each text or list of messages, by candidate. request: arguments of `CachedLLM.request`."""
        rows = [
            (
                ids[number] if ids else str(number),
                [self.llm.request(text, candidate=candidate, **request) for candidate in range(candidates)],
            )
            for number, text in enumerate(texts)
        ]
        return self.llm.reply(rows)

    def responses(self, texts: Sequence[Any], candidates: int = 1, **request: Any) -> list[list[Response]]:
        """The responses, every one of which must exist."""
        replies = self.replies(texts, candidates, **request)
        return [[_only(reply) for reply in row] for row in replies]

    def texts(self, texts: Sequence[Any], **request: Any) -> list[str | None]:
        """The text of the response to each; None where there is none."""
        return [reply.response.text if reply.response else None for (reply,) in self.replies(texts, **request)]

    def finish(self, texts: Sequence[Any]) -> list[str]:
        """How each ended: the finish reason, or why the request failed."""
        return [reply.response.finish_reason if reply.response else reply.failure for (reply,) in self.replies(texts)]

    def close(self) -> None:
        self._answerer.close()


def _only(reply: Reply) -> Response:
    assert reply.response is not None, reply.failure
    return reply.response

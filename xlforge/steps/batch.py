"""One batch of requests: what is wanted, what the cache holds, what is generated; and the sink that an engine reports to."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future

from xlforge.base.progress import Progress
from xlforge.cache.cache import Cache
from xlforge.models.engine import EngineError
from xlforge.requests.request import Request
from xlforge.requests.response import PROMPT_TOO_LONG, Completed, Response

_POLL = 0.5


class Tolerance:
    """How many requests in a row may get no response before the server is given no more; counted over all batches of a stage."""

    def __init__(self, limit: int) -> None:
        self._limit, self._failed = limit, 0

    def reset(self) -> None:
        """After a response."""
        self._failed = 0

    def count(self, reason: str) -> None:
        """Counts a failure; EngineError at the limit."""
        self._failed += 1
        if self._failed >= self._limit:
            raise EngineError(
                f"{self._failed} requests in a row got no response, the last with: {reason}. Every response is in the cache: fix "
                "the cause and run again, or allow more failures with XLFORGE_MAX_FAILURES"
            )


class Batch:
    """The responses to `wanted`, requests by key. As a context it shows progress, and on its way out waits for the cache."""

    def __init__(self, cache: Cache, wanted: dict[str, Request], title: str, tolerance: Tolerance) -> None:
        self._cache, self._title, self._tolerance = cache, title, tolerance
        self._found = cache.get_many(wanted)
        self._generated: dict[str, Response] = {}
        self._failed: dict[str, str] = {}
        self._commits: list[tuple[Sequence[Completed], Future[list[Response]]]] = []
        self._progress: Progress | None = None
        self.missing = [request for key, request in wanted.items() if key not in self._found]

    def __enter__(self) -> Batch:
        self._progress = Progress(self._title, len(self.missing) + len(self._found), len(self._found))
        return self

    def turns(self) -> Iterator[list[Request]]:
        """What to generate, in turns that no other build on the cache is working on.

        What another build is generating is waited for, and then found, or generated here where that build gave up.
        """
        left, reported = {request.key: request for request in self.missing}, False
        while left:
            start = time.monotonic()
            mine, found = self._cache.claim(left)
            self._add_found(found)
            left = {key: request for key, request in left.items() if key not in found}
            turn = [request for key, request in left.items() if key in mine]
            left = {key: request for key, request in left.items() if key not in mine}
            if turn:
                yield turn
            elif left:
                if not reported:
                    reported = True
                    message = f"{self._title}: waiting for {len(left)} responses that another build is generating"
                    print(message, file=sys.stderr, flush=True)
                time.sleep(max(_POLL, 3 * (time.monotonic() - start)))

    def _add_found(self, found: dict[str, Response]) -> None:
        self._found |= found
        if self._progress is not None and found:
            self._progress.find(len(found))

    def __exit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        """Whatever happened, what was reported is committed before anyone goes on."""
        faults = []
        for completed, commit in self._commits:
            if (fault := commit.exception()) is not None:
                faults.append(fault)
            else:
                keys = [request.key for request, _ in completed]
                self._generated.update(zip(keys, commit.result(), strict=True))
        self._commits.clear()
        self._cache.release()
        if self._progress is not None:
            self._progress.close()
        if faults and error is None:
            raise faults[0]

    def put(self, completed: Sequence[Completed]) -> Future[list[Response]]:
        """See Sink. Responses count once they are committed, and as the cache then holds them."""
        self._tolerance.reset()
        commit = self._cache.put(completed)
        self._commits.append((completed, commit))
        commit.add_done_callback(self._show)
        return commit

    def fail(self, request: Request, reason: str, message: str = "") -> None:
        """See Sink."""
        self._failed[request.key] = reason
        if self._progress is not None:
            self._progress.add(1, 0, failed=1)
        if not reason.startswith(PROMPT_TOO_LONG):
            self._tolerance.count(f"{reason} ({message})" if message else reason)

    def _show(self, done: Future[list[Response]]) -> None:
        """For the progress alone: who waits for a commit goes on before its callbacks are called."""
        if self._progress is not None and done.exception() is None:
            responses = done.result()
            self._progress.add(len(responses), sum(response.tokens_out for response in responses))

    def outcome(self, key: str) -> tuple[Response | None, str]:
        """The response to a request, or None and why it failed."""
        return self._found.get(key) or self._generated.get(key), self._failed.get(key, "")

    def counts(self) -> dict[str, int]:
        """Calls, hits and their tokens, as `Usage` has them."""
        generated, found = self._generated.values(), self._found.values()
        return {
            "calls": len(generated),
            "hits": len(found),
            "tokens_in": sum(response.tokens_in for response in generated),
            "tokens_out": sum(response.tokens_out for response in generated),
            "hits_tokens_in": sum(response.tokens_in for response in found),
            "hits_tokens_out": sum(response.tokens_out for response in found),
        }

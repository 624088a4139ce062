"""One purchase: what was wanted, what the store held, what had to be bought; the till an engine hands its answers to."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any

import orjson

from xlforge.engines.engine import Bought, EngineError
from xlforge.engines.request import Answer, Request
from xlforge.execution.progress import Progress
from xlforge.execution.store import Store

_LOOK = 0.5


class Tolerance:
    """How many requests may fail for good before it is no longer the rows' fault; counted over all sales of a model."""

    def __init__(self, most: int) -> None:
        self._most, self._failed = most, 0

    def count(self, title: str, reason: str) -> None:
        """Count a failure; EngineError when it is one too many."""
        self._failed += 1
        if self._failed >= self._most:
            raise EngineError(
                f"{title}: {self._failed} requests failed for good, the last with: {reason}. What was answered is kept: "
                "put the cause right and run again, or allow more failures with XLFORGE_FAILURES"
            )


class Sale:
    """The answers to `wanted`, requests by key. As a context it shows progress, and on its way out waits for the store."""

    def __init__(self, store: Store, wanted: dict[str, Request], title: str, tolerance: Tolerance) -> None:
        self._store, self._title, self._tolerance, self._start = store, title, tolerance, time.monotonic()
        self.wanted = wanted
        self._held = store.get_many(wanted)
        self._bought: dict[str, Answer] = {}
        self._failed: dict[str, str] = {}
        self._commits: list[tuple[Sequence[Bought], Future[list[Answer]]]] = []
        self._progress: Progress | None = None
        self.missing = [request for key, request in wanted.items() if key not in self._held]

    def __enter__(self) -> Sale:
        self._progress = Progress(self._title, len(self.missing) + len(self._held), len(self._held))
        return self

    def turns(self) -> Iterator[list[Request]]:
        """What to ask for, in turns, each of which no other build on the store is asking for.

        What another build is buying is waited for, and found, or asked for where that build gave up.
        """
        left, told = {request.key: request for request in self.missing}, False
        while left:
            start = time.monotonic()
            mine, found = self._store.claim(left)
            self._found(found)
            left = {key: request for key, request in left.items() if key not in found}
            turn = [request for key, request in left.items() if key in mine]
            left = {key: request for key, request in left.items() if key not in mine}
            if turn:
                yield turn
            elif left:
                if not told:
                    told = True
                    words = f"{self._title}: waiting for {len(left)} answers that another build is buying"
                    print(words, file=sys.stderr, flush=True)
                time.sleep(max(_LOOK, 3 * (time.monotonic() - start)))

    def _found(self, found: dict[str, Answer]) -> None:
        """Answers that another build bought meanwhile."""
        self._held |= found
        if self._progress is not None and found:
            self._progress.find(len(found))

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Whatever happened, what was handed over is committed before anyone goes on."""
        faults = []
        for bought, commit in self._commits:
            if (fault := commit.exception()) is not None:
                faults.append(fault)
            else:
                self._bought.update(
                    (request.key, answer) for (request, _), answer in zip(bought, commit.result(), strict=True)
                )
        self._commits.clear()
        self._store.release()
        if self._progress is not None:
            self._progress.close()
        if faults and error is None:
            raise faults[0]

    def keep(self, bought: Sequence[Bought]) -> Future[list[Answer]]:
        """See Till. The answers count once they are committed, and as the store then holds them."""
        commit = self._store.put(bought)
        self._commits.append((bought, commit))
        commit.add_done_callback(self._told)
        return commit

    def fail(self, request: Request, reason: str, said: str = "") -> None:
        """See Till."""
        self._failed[request.key] = reason
        if self._progress is not None:
            self._progress.add(1, 0, failed=1)
        self._tolerance.count(self._title, f"{reason} ({said})" if said else reason)

    def _told(self, done: Future[list[Answer]]) -> None:
        """For the progress alone: who waits for a commit goes on before its callbacks are called."""
        if self._progress is not None and done.exception() is None:
            answers = done.result()
            self._progress.add(len(answers), sum(answer.tokens_out for answer in answers))

    def output(self, row: Sequence[Request]) -> dict[str, Any]:
        """distilabel's GenerateOutput for the candidates of one row."""
        answers = [self._held.get(request.key) or self._bought.get(request.key) for request in row]
        return {
            "generations": [answer.text if answer else None for answer in answers],
            "statistics": {
                "input_tokens": [answer.tokens_in if answer else 0 for answer in answers],
                "output_tokens": [answer.tokens_out if answer else 0 for answer in answers],
            },
            "finish_reason": [
                answer.finish_reason if answer else f"error: {self._failed[request.key]}"
                for request, answer in zip(row, answers, strict=True)
            ],
            "logprob": [answer.logprob if answer else None for answer in answers],
        }

    def record(self) -> dict[str, Any]:
        """What it cost. tokens_in and tokens_out were bought now; hits and their tokens were there before."""
        bought, held = self._bought.values(), self._held.values()
        return {
            "calls": len(bought),
            "hits": len(held),
            "failures": len(self._failed),
            "tokens_in": sum(answer.tokens_in for answer in bought),
            "tokens_out": sum(answer.tokens_out for answer in bought),
            "hits_tokens_in": sum(answer.tokens_in for answer in held),
            "hits_tokens_out": sum(answer.tokens_out for answer in held),
            "seconds": round(time.monotonic() - self._start, 3),
        }


def append(ledger: Path, record: dict[str, Any]) -> None:
    """Add a line to a JSON-lines file in one write, so that lines of several processes do not mix."""
    handle = os.open(ledger, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(handle, orjson.dumps(record, option=orjson.OPT_APPEND_NEWLINE))
    finally:
        os.close(handle)


def note(file: Path, keys: Iterable[str]) -> None:
    """Add the digests of requests, 32 bytes each, to a file in one write."""
    handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    try:
        os.write(handle, b"".join(map(bytes.fromhex, keys)))
    finally:
        os.close(handle)

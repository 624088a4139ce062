"""Answers put into the store and taken out of it."""

from __future__ import annotations

import re
import zlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any, TypeVar

import sqlalchemy as sa

from xlforge.cache import runs
from xlforge.cache.claims import Claims
from xlforge.cache.database import NEWEST, CacheError, Database, cause, chunks
from xlforge.cache.tables import ANSWERS, among, insert
from xlforge.requests.request import Request
from xlforge.requests.response import Completed, Response

_ANSWER = [ANSWERS.c[name] for name in ("key", "words", "finish_reason", "tokens_in", "tokens_out", "logprob")]
_GROUP = 2000
_NO_TEXT = re.compile("[\0\ud800-\udfff]")

T = TypeVar("T")


class Cache:
    """The answers behind a database URL (`sqlite:///path` or `postgresql+psycopg://…`); created where there are none.

    Open it in the process that uses it: neither the connections nor the threads survive a fork. A Postgres that is restarted is
    waited for, two minutes at most.
    Raises CacheError when there is no such database, it is of a version not known here, or it cannot be read.
    """

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self._insert = insert(self.database.dialect, ANSWERS).on_conflict_do_nothing()
        self._select = sa.select(*_ANSWER).where(among(self.database.dialect, ANSWERS.c.key))
        self._claims = Claims(self.database)
        self._queue: SimpleQueue[tuple[Sequence[Completed], Future[list[Response]]] | None] = SimpleQueue()
        self._writer: Thread | None = None
        self._lock = Lock()

    def __str__(self) -> str:
        return str(self.database)

    def __enter__(self) -> Cache:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get_many(self, keys: Iterable[str]) -> dict[str, Response]:
        """The answers that are there, by key; keys that are not there are left out."""
        found: dict[str, Response] = {}
        for chunk in chunks(keys):
            rows = self._rows(self._select, {"keys": chunk})
            found.update((row[0], Response(row[1].decode("utf-8", "surrogatepass"), *row[2:])) for row in rows)
        return found

    def request(self, key: str) -> bytes | None:
        """The canonical JSON of what was asked under a key, or None where the store does not hold it."""
        query = sa.select(ANSWERS.c.request).where(ANSWERS.c.key == key)
        kept = self._rows(query)
        return zlib.decompress(kept[0].request) if kept else None

    def put(self, bought: Sequence[Completed]) -> Future[list[Response]]:
        """Keep answers; what has been put by then is committed together.

        The future resolves once they are committed, to the answers as the store holds them, in order; to CacheError when they
        could not be kept.
        """
        committed: Future[list[Response]] = Future()
        with self._lock:
            if self._writer is None:
                self._writer = Thread(target=self._write, name="store-writer", daemon=True)
                self._writer.start()
            self._queue.put((bought, committed))
        return committed

    def claim(self, keys: Iterable[str]) -> tuple[set[str], dict[str, Response]]:
        """Keys that are now this build's to buy, and the answers that are there after all; the rest others are buying."""
        wanted = list(keys)
        mine = self._guarded(lambda: self._claims.take(wanted))
        found = self.get_many(wanted)
        return mine - found.keys(), found

    def release(self) -> None:
        """Leave what was claimed, and is bought or given up, to others."""
        self._claims.release()

    def remember(self, stage: str, rows: str, keys: Iterable[str]) -> None:
        """Note that the run of a stage that made `rows` (the MD5 of its rows.parquet, as dvc.lock has it) needs these answers."""
        self._guarded(lambda: runs.remember(self.database, stage, rows, keys))

    def models(self) -> dict[tuple[str, str | None], int]:
        """How many answers there are of each model and revision."""
        query = sa.select(ANSWERS.c.model, ANSWERS.c.revision, sa.func.count()).group_by(
            ANSWERS.c.model, ANSWERS.c.revision
        )
        return {(model, revision): count for model, revision, count in self._rows(query)}

    def stats(self) -> dict[str, Any]:
        """What the store holds: its `version`, and under `models` one entry each with model, answers, tokens_in, tokens_out, bytes.

        bytes: words and requests as they lie, compressed; without indexes.
        """
        counts = {
            "answers": sa.func.count(),
            "tokens_in": sa.func.sum(ANSWERS.c.tokens_in),
            "tokens_out": sa.func.sum(ANSWERS.c.tokens_out),
            "bytes": sa.func.sum(sa.func.length(ANSWERS.c.words) + sa.func.length(ANSWERS.c.request)),
        }
        query = sa.select(ANSWERS.c.model, *counts.values()).group_by(ANSWERS.c.model).order_by(ANSWERS.c.model)
        rows = self._rows(query)
        models = [{"model": model} | dict(zip(counts, map(int, numbers), strict=True)) for model, *numbers in rows]
        return {"version": NEWEST, "models": models}

    def close(self) -> None:
        """Commit what is queued, end the threads and let go of the database."""
        with self._lock:
            writer, self._writer = self._writer, None
        if writer is not None:
            self._queue.put(None)
            writer.join()
        self._claims.close()
        self.database.engine.dispose()

    def _rows(
        self, query: sa.Select[Any], parameters: dict[str, Any] | None = None
    ) -> Sequence[sa.Row[*tuple[Any, ...]]]:
        return self._guarded(lambda: self.database.rows(query, parameters))

    def _guarded(self, work: Callable[[], T]) -> T:
        try:
            return work()
        except sa.exc.SQLAlchemyError as error:
            raise CacheError(
                f"the store {self} does not answer: {cause(error)}; put that right and run again"
            ) from error

    def _write(self) -> None:
        """The writer's thread: whatever is queued goes into one transaction."""
        last = False
        while not last and (first := self._queue.get()) is not None:
            group, rows = [first], len(first[0])
            while rows < _GROUP and not self._queue.empty():
                if (more := self._queue.get()) is None:
                    last = True
                    break
                group.append(more)
                rows += len(more[0])
            self._commit(group)
            del first, group  # whoever put them may be done with them long before the next come

    def _commit(self, group: list[tuple[Sequence[Completed], Future[list[Response]]]]) -> None:
        rows = {request.key: (request, storable(answer)) for bought, _ in group for request, answer in bought}
        held: dict[str, Response] = {}
        try:
            if self.insert(rows.values()) != len(rows):
                held = self.get_many(rows)
        except Exception as error:  # any failure must reach those who wait
            for _, committed in group:
                committed.set_exception(CacheError(f"the store {self} cannot be written: {cause(error)}"))
            return
        for bought, committed in group:
            committed.set_result([held.get(request.key, rows[request.key][1]) for request, _ in bought])

    def insert(self, bought: Iterable[Completed]) -> int:
        """Keep distinct answers, in this thread and one transaction; how many were not there yet."""
        # Two that insert the same rows in different orders would wait for each other for ever.
        ordered = sorted(bought, key=lambda pair: pair[0].key)

        def work(connection: sa.Connection) -> int:
            now = self.database.clock(connection)
            rows = [_row(*pair, now) for pair in ordered]
            return int(connection.execute(self._insert, rows).rowcount) if rows else 0

        return self.database.do(work)


def storable(answer: Response) -> Response:
    """The answer, with a finish reason that every database takes as text; the words are bytes and may be anything."""
    finish = _NO_TEXT.sub("\ufffd", answer.finish_reason)
    return answer if finish == answer.finish_reason else replace(answer, finish_reason=finish)


def _row(request: Request, answer: Response, now: float) -> dict[str, Any]:
    return {
        "key": request.key,
        "model": request.model,
        "revision": request.revision,
        "request": zlib.compress(request.canonical, 1),
        "words": answer.text.encode("utf-8", "surrogatepass"),
        "finish_reason": answer.finish_reason,
        "tokens_in": answer.tokens_in,
        "tokens_out": answer.tokens_out,
        "logprob": answer.logprob,
        "bought_at": now,
    }

"""Responses are read from the cache and written to it."""

import math
import re
import zlib
from collections.abc import Iterable, Sequence
from concurrent.futures import Future
from dataclasses import replace
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any

import sqlalchemy as sa

from xlforge.cache.claims import Claims
from xlforge.cache.database import NEWEST, Database, chunks
from xlforge.cache.tables import INSERT, RESPONSE, RESPONSES, digest
from xlforge.requests.response import Completed, Response

_RESPONSE = [RESPONSES.c[name] for name in RESPONSE]
_GROUP = 1000
_NO_TEXT = re.compile("[\0\ud800-\udfff]")

_Put = tuple[Sequence[Completed], Future[list[Response]]]


class Cache:
    """The responses behind a database URL (`sqlite:///path` or `postgresql+psycopg://…`). A new database gets its tables.

    Open it in the process that uses it, a stage's own: connections and threads do not survive a fork. While a Postgres server
    restarts, calls wait for it, for two minutes at most.

    Raises:
        CacheError: there is no such database, or its version is unknown. Every method raises it where the database fails.
    """

    def __init__(self, url: str) -> None:
        self.database = Database(url)
        self._insert = INSERT[self.database.dialect](RESPONSES).on_conflict_do_nothing()
        self._claims = Claims(self.database)
        self._queue: SimpleQueue[_Put | None] = SimpleQueue()
        self._writer: Thread | None = None
        self._lock = Lock()

    def __str__(self) -> str:
        return str(self.database)

    def __enter__(self) -> "Cache":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get_many(self, keys: Iterable[str]) -> dict[str, Response]:
        """The cached responses, by key. Keys without a response are left out."""
        found: dict[str, Response] = {}
        for chunk in chunks(keys):
            rows = self.database.rows(sa.select(*_RESPONSE).where(RESPONSES.c.key.in_(chunk)))
            found.update((row[0], Response(row[1].decode("utf-8", "surrogatepass"), *row[2:])) for row in rows)
        return found

    def request(self, key: str) -> bytes | None:
        """The canonical JSON of the request with this key; None where its response is not cached."""
        found = self.database.rows(sa.select(RESPONSES.c.request).where(RESPONSES.c.key == key))
        return zlib.decompress(found[0].request) if found else None

    def put(self, completed: Sequence[Completed]) -> Future[list[Response]]:
        """Queues responses. A thread commits everything that is queued in one transaction.

        Returns:
            A future that resolves after the commit. Its result is the responses as the cache holds them, in the order given. Its
            exception is a CacheError where they could not be written.
        """
        committed: Future[list[Response]] = Future()
        with self._lock:
            if self._writer is None:
                self._writer = Thread(target=self._write, name="cache-writer", daemon=True)
                self._writer.start()
            self._queue.put((completed, committed))
        return committed

    def claim(self, keys: Iterable[str]) -> tuple[set[str], dict[str, Response]]:
        """Claims requests, so that no other build generates their responses.

        Returns:
            The keys that this process now holds, and the responses that were cached in the meantime. Other clients hold the rest.
        """
        wanted = list(keys)
        mine = self._claims.take(wanted)
        found = self.get_many(wanted)
        return mine - found.keys(), found

    def release(self) -> None:
        """Gives up all claims."""
        self._claims.release()

    def models(self) -> dict[tuple[str, str | None], int]:
        """The number of responses by (model, revision)."""
        columns = RESPONSES.c.model, RESPONSES.c.revision
        rows = self.database.rows(sa.select(*columns, sa.func.count()).group_by(*columns))
        return {(model, revision): count for model, revision, count in rows}

    def by_model(self, where: sa.ColumnElement[bool] | None = None) -> list[dict[str, Any]]:
        """One entry a model, of all responses or those that meet a condition: model, responses, tokens_in, tokens_out, bytes.

        bytes: texts and requests as stored (requests are compressed), without indexes.
        """
        counts = {
            "responses": sa.func.count(),
            "tokens_in": sa.func.sum(RESPONSES.c.tokens_in),
            "tokens_out": sa.func.sum(RESPONSES.c.tokens_out),
            "bytes": sa.func.sum(sa.func.length(RESPONSES.c.text) + sa.func.length(RESPONSES.c.request)),
        }
        query = sa.select(RESPONSES.c.model, *counts.values()).group_by(RESPONSES.c.model).order_by(RESPONSES.c.model)
        rows = self.database.rows(query if where is None else query.where(where))
        return [{"model": model} | dict(zip(counts, map(int, numbers), strict=True)) for model, *numbers in rows]

    def stats(self) -> dict[str, Any]:
        """`version`: of the tables. `models`: see `by_model`."""
        return {"version": NEWEST, "models": self.by_model()}

    def insert(self, completed: Iterable[Completed]) -> int:
        """Writes distinct responses, in this thread and one transaction.

        Returns:
            How many of them were new; -1 where the database's driver does not count.
        """
        return self.insert_rows(
            row(request.key, request.model, request.revision, request.canonical, response)
            for request, response in completed
        )

    def insert_rows(self, rows: Iterable[dict[str, Any]]) -> int:
        """The same for rows as `row` makes them."""
        # Two transactions that insert the same rows in different orders would deadlock.
        ordered = sorted(rows, key=lambda values: str(values["key"]))

        def work(connection: sa.Connection) -> int:
            now = {"created_at": self.database.clock(connection)}
            return connection.execute(self._insert, [values | now for values in ordered]).rowcount if ordered else 0

        return self.database.do(work)

    def close(self) -> None:
        """Commits what is queued, ends the threads and closes the connections."""
        with self._lock:
            writer, self._writer = self._writer, None
        if writer is not None:
            self._queue.put(None)
            writer.join()
        self._claims.close()
        self.database.engine.dispose()

    def _write(self) -> None:
        """The writer's thread: everything that is queued goes into one transaction."""
        closing = False
        while not closing:
            group = [self._queue.get()]
            while len(group) < _GROUP and not self._queue.empty():
                group.append(self._queue.get())
            closing = None in group
            self._commit([each for each in group if each is not None])
            del group  # so that the responses can be freed while the thread waits for the next ones

    def _commit(self, group: list[_Put]) -> None:
        new = {request.key: (request, storable(response)) for completed, _ in group for request, response in completed}
        held: dict[str, Response] = {}
        try:
            if self.insert(new.values()) != len(new):
                held = self.get_many(new)
        except Exception as error:  # any failure must reach those who wait
            for _, committed in group:
                committed.set_exception(error)
            return
        for completed, committed in group:
            committed.set_result([held.get(request.key, new[request.key][1]) for request, _ in completed])


def storable(response: Response) -> Response:
    """The response with texts and a number that every database keeps as they are. The text itself is stored as bytes."""
    known = response.logprob is not None and not math.isnan(response.logprob)
    return replace(
        response,
        finish_reason=_NO_TEXT.sub("\ufffd", response.finish_reason),
        served=None if response.served is None else _NO_TEXT.sub("\ufffd", response.served),
        logprob=response.logprob if known else None,
    )


def row(key: str, model: str, revision: str | None, canonical: bytes, response: Response) -> dict[str, Any]:
    """A row of the table, without `created_at`."""
    response = storable(response)
    values: dict[str, Any] = {name: getattr(response, name) for name in RESPONSE[2:]}
    values |= {"key": key, "text": response.text.encode("utf-8", "surrogatepass")}
    request = zlib.compress(canonical, 1)
    return values | {"model": model, "revision": revision, "request": request, "digest": digest(values)}

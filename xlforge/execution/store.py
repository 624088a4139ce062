"""The response store: every answer that was ever bought, kept under the key of its request.

It outlives stages, crashes and branches, and several builds share it. A row is written once and never changed: where two
processes buy the same answer, the first to commit wins and the other is handed the winner's words, so that a build's rows
are always what the store holds. Words are bytes, since models send NUL and lone surrogates, which databases refuse in text.
"""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future
from itertools import islice
from pathlib import Path
from queue import SimpleQueue
from threading import Lock, Thread
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from xlforge.engines.engine import Bought
from xlforge.engines.request import Answer, Request

VERSION = 1
"""The version of the tables; a store of another version is refused, not guessed at."""

_TABLES = sa.MetaData()
_VERSIONS = sa.Table("store_version", _TABLES, sa.Column("version", sa.Integer, primary_key=True))
_ANSWERS = sa.Table(
    "answers",
    _TABLES,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("model", sa.Text, nullable=False),
    sa.Column("revision", sa.Text),
    sa.Column("request", sa.LargeBinary, nullable=False),
    sa.Column("words", sa.LargeBinary, nullable=False),
    sa.Column("finish_reason", sa.Text, nullable=False),
    sa.Column("tokens_in", sa.Integer, nullable=False),
    sa.Column("tokens_out", sa.Integer, nullable=False),
    sa.Column("logprob", sa.Double),
    sa.Column("bought_at", sa.Double, nullable=False),
)
_ANSWER = [_ANSWERS.c[name] for name in ("key", "words", "finish_reason", "tokens_in", "tokens_out", "logprob")]
_INSERT: dict[str, Callable[[sa.Table], Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}
_CHUNK = 1000
_GROUP = 2000
_BUSY = 120.0


class StoreError(RuntimeError):
    """The store cannot be opened or written; the message says which it is and what to do."""

    told = True


class Store:
    """The answers behind a database URL (`sqlite:///path` or `postgresql://…`); created where there are none.

    Open it in the process that uses it: neither the connections nor the writer's thread survive a fork.
    Raises StoreError when there is no such database or it is of another version.
    """

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self._insert = _INSERT[self._engine.dialect.name](_ANSWERS).on_conflict_do_nothing()
        self._queue: SimpleQueue[tuple[Sequence[Bought], Future[list[Answer]]] | None] = SimpleQueue()
        self._writer: Thread | None = None
        self._lock = Lock()
        try:
            self._prepare()
        except sa.exc.SQLAlchemyError as error:
            raise StoreError(
                f"the store {self} cannot be opened: {_cause(error)}; set XLFORGE_STORE to one that can"
            ) from error

    def __str__(self) -> str:
        return self._engine.url.render_as_string(hide_password=True)

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get_many(self, keys: Iterable[str]) -> dict[str, Answer]:
        """The answers that are there, by key; keys that are not there are left out."""
        found: dict[str, Answer] = {}
        wanted = iter(keys)
        with self._engine.connect() as connection:
            while chunk := list(islice(wanted, _CHUNK)):
                found.update(_read(connection, chunk))
        return found

    def request(self, key: str) -> bytes | None:
        """The canonical JSON of what was asked under a key, or None where the store does not hold it."""
        with self._engine.connect() as connection:
            kept = connection.scalar(sa.select(_ANSWERS.c.request).where(_ANSWERS.c.key == key))
        return None if kept is None else zlib.decompress(kept)

    def put(self, bought: Sequence[Bought]) -> Future[list[Answer]]:
        """Keep answers; what has been put by then is committed together.

        The future resolves once they are committed, to the answers as the store holds them, in order; to StoreError when they
        could not be kept.
        """
        committed: Future[list[Answer]] = Future()
        with self._lock:
            if self._writer is None:
                self._writer = Thread(target=self._write, name="store-writer", daemon=True)
                self._writer.start()
            self._queue.put((bought, committed))
        return committed

    def stats(self) -> dict[str, Any]:
        """What the store holds: `version`, and under `models` one entry each with model, answers, tokens_in, tokens_out, bytes.

        bytes: words and requests as they lie, compressed; without indexes.
        """
        counts = {
            "answers": sa.func.count(),
            "tokens_in": sa.func.sum(_ANSWERS.c.tokens_in),
            "tokens_out": sa.func.sum(_ANSWERS.c.tokens_out),
            "bytes": sa.func.sum(sa.func.length(_ANSWERS.c.words) + sa.func.length(_ANSWERS.c.request)),
        }
        query = sa.select(_ANSWERS.c.model, *counts.values()).group_by(_ANSWERS.c.model).order_by(_ANSWERS.c.model)
        with self._engine.connect() as connection:
            rows = connection.execute(query).all()
        models = [{"model": model} | dict(zip(counts, map(int, numbers), strict=True)) for model, *numbers in rows]
        return {"version": VERSION, "models": models}

    def close(self) -> None:
        """Commit what is queued, end the writer and let go of the database."""
        with self._lock:
            writer, self._writer = self._writer, None
        if writer is not None:
            self._queue.put(None)
            writer.join()
        self._engine.dispose()

    def _prepare(self) -> None:
        with self._engine.begin() as connection:
            for table in _TABLES.sorted_tables:
                connection.execute(sa.schema.CreateTable(table, if_not_exists=True))
            versions = connection.scalars(sa.select(_VERSIONS.c.version)).all()
            if not versions:
                insert = _INSERT[self._engine.dialect.name](_VERSIONS).on_conflict_do_nothing()
                connection.execute(insert, {"version": VERSION})
        if versions and list(versions) != [VERSION]:
            found = ", ".join(map(str, versions))
            raise StoreError(
                f"the store {self} has version {found}, and this xlforge reads version {VERSION}: set XLFORGE_STORE to "
                "another store, or use the xlforge that wrote this one"
            )

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

    def _commit(self, group: list[tuple[Sequence[Bought], Future[list[Answer]]]]) -> None:
        rows = {request.key: (request, answer) for bought, _ in group for request, answer in bought}
        held: dict[str, Answer] = {}
        try:
            with self._engine.begin() as connection:
                done = connection.execute(self._insert, [_row(*pair) for pair in rows.values()]).rowcount if rows else 0
            if done != len(rows):
                held = self.get_many(rows)
        except Exception as error:  # any failure must reach those who wait
            for _, committed in group:
                committed.set_exception(StoreError(f"the store {self} cannot be written: {_cause(error)}"))
            return
        for bought, committed in group:
            committed.set_result([held.get(request.key, rows[request.key][1]) for request, _ in bought])


def _engine(url: str) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise StoreError(
            "XLFORGE_STORE is no database URL; write it as sqlite:///path or postgresql://host/name"
        ) from error
    name = parsed.get_backend_name()
    if name not in _INSERT:
        raise StoreError(f"the store cannot be kept in {name}: set XLFORGE_STORE to a sqlite: or postgresql: URL")
    if name == "postgresql":
        return sa.create_engine(parsed, pool_pre_ping=True)
    if parsed.database and parsed.database != ":memory:":
        try:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise StoreError(
                f"the store's folder cannot be made: {error}; set XLFORGE_STORE to a place that can"
            ) from error
    engine = sa.create_engine(parsed, connect_args={"timeout": _BUSY})
    sa.event.listen(engine, "connect", _sqlite)
    return engine


def _sqlite(connection: Any, _record: Any) -> None:
    """Readers beside one writer, and no wait for the disk: a killed process loses nothing, a power cut the last commits."""
    connection.execute("PRAGMA synchronous = NORMAL")
    until = time.monotonic() + _BUSY
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError:
            # Of several that open a new store, SQLite refuses all but one at once, whatever the time-out.
            if time.monotonic() > until:
                raise
            time.sleep(0.02)


def _read(connection: sa.Connection, keys: list[str]) -> dict[str, Answer]:
    rows = connection.execute(sa.select(*_ANSWER).where(_ANSWERS.c.key.in_(keys)))
    return {row[0]: Answer(row[1].decode("utf-8", "surrogatepass"), *row[2:]) for row in rows}


def _row(request: Request, answer: Answer) -> dict[str, Any]:
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
        "bought_at": time.time(),
    }


def _cause(error: Exception) -> str:
    """What the database itself said, without the statement and its parameters."""
    return str(getattr(error, "orig", None) or error)

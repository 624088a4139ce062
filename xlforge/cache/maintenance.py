"""Maintenance: deletes responses, checks them, and gives disk space back."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa

from xlforge.cache.cache import Cache
from xlforge.cache.database import CacheError, chunks
from xlforge.cache.tables import RESPONSES

DAY = 86_400.0


def condition(
    cache: Cache, *, older_than: float | None = None, model: str | None = None, revision: str | None = None
) -> sa.ColumnElement[bool]:
    """The condition that a response meets all of these.

    Args:
        cache: whose clock counts.
        older_than: it was generated more than so many days ago.
        model: it is of this model.
        revision: it is of this revision of its model.
    """
    parts: list[sa.ColumnElement[bool]] = []
    if older_than is not None:
        parts.append(RESPONSES.c.created_at < cache.database.do(cache.database.clock) - older_than * DAY)
    if model is not None:
        parts.append(RESPONSES.c.model == model)
    if revision is not None:
        parts.append(RESPONSES.c.revision == revision)
    return sa.and_(sa.true(), *parts)


def delete(cache: Cache, where: sa.ColumnElement[bool]) -> int:
    """Deletes the responses that meet a condition; how many."""
    return cache.database.do(lambda connection: connection.execute(sa.delete(RESPONSES).where(where)).rowcount)


def drop(cache: Cache, keys: Iterable[str]) -> int:
    """Deletes responses by key, so that they are generated again; how many."""
    return sum(delete(cache, RESPONSES.c.key.in_(chunk)) for chunk in chunks(keys))


def faults(cache: Cache) -> Iterator[tuple[str | None, str]]:
    """What is wrong, as (key, description). The key is None where the SQLite file itself is damaged."""
    if cache.database.dialect == "sqlite":
        messages = cache.database.rows(sa.text("PRAGMA quick_check(10)"))
        yield from ((None, str(message)) for (message,) in messages if message != "ok")
    for page in cache.pages(*RESPONSES.c):
        for row in page:
            if (fault := _fault(row)) is not None:
                yield row.key, fault


def _fault(row: sa.Row[*tuple[Any, ...]]) -> str | None:
    try:
        canonical = zlib.decompress(row.request)
    except zlib.error as error:
        return f"its request cannot be decompressed ({error})"
    if hashlib.sha256(canonical).hexdigest() != row.key:
        return "the key is not the hash of its request"
    request = orjson.loads(canonical)
    if (request["model"], request["revision"]) != (row.model, row.revision):
        return f"its model is {row.model}@{row.revision}, its request's {request['model']}@{request['revision']}"
    try:
        row.text.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        return f"its text cannot be decoded ({error.reason} at {error.start})"
    if row.tokens_in < 0 or row.tokens_out < 0:
        return "it has a negative number of tokens"
    return None


def vacuum(cache: Cache) -> tuple[int, int]:
    """Gives the space of deleted responses back; bytes before and after.

    Postgres keeps the space for new responses: to give it back it would have to lock the table for every build.

    Raises:
        CacheError: a build is using the cache.
    """
    before = size(cache)
    engine = cache.database.engine.execution_options(isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            if cache.database.dialect == "sqlite":
                connection.exec_driver_sql("VACUUM")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            else:
                connection.exec_driver_sql("VACUUM (ANALYZE) responses, claims, clients")
    except sa.exc.OperationalError as error:
        raise CacheError(f"the cache {cache} cannot be vacuumed: {error.orig}; wait until no build uses it") from error
    return before, size(cache)


def size(cache: Cache) -> int:
    """Bytes on disk: the file and its write-ahead log, or the table with its indexes."""
    if cache.database.dialect == "sqlite":
        file = Path(cache.database.engine.url.database or "")
        return sum(path.stat().st_size for path in (file, Path(f"{file}-wal")) if path.exists())
    return int(cache.database.rows(sa.text("SELECT pg_total_relation_size('responses')"))[0][0])

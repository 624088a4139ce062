"""Maintenance: deletes responses, and gives disk space back."""

from collections.abc import Iterable
from pathlib import Path

import sqlalchemy as sa

from xlforge.cache.cache import Cache
from xlforge.cache.database import CacheError, chunks
from xlforge.cache.tables import RESPONSES

DAY = 86_400.0


def condition(
    cache: Cache,
    *,
    older_than: float | None = None,
    model: str | None = None,
    revision: str | None = None,
    tokens_in: int | None = None,
) -> sa.ColumnElement[bool]:
    """The condition that a response meets all of these.

    Args:
        cache: whose clock counts.
        older_than: it was generated more than so many days ago.
        model: it is of this model.
        revision: it is of this revision of its model.
        tokens_in: its prompt was counted as so many tokens.
    """
    parts: list[sa.ColumnElement[bool]] = []
    if older_than is not None:
        parts.append(RESPONSES.c.created_at < cache.database.do(cache.database.clock) - older_than * DAY)
    if model is not None:
        parts.append(RESPONSES.c.model == model)
    if revision is not None:
        parts.append(RESPONSES.c.revision == revision)
    if tokens_in is not None:
        parts.append(RESPONSES.c.tokens_in == tokens_in)
    return sa.and_(sa.true(), *parts)


def delete(cache: Cache, where: sa.ColumnElement[bool]) -> int:
    """Deletes the responses that meet a condition; how many."""
    return cache.database.do(lambda connection: connection.execute(sa.delete(RESPONSES).where(where)).rowcount)


def drop(cache: Cache, keys: Iterable[str]) -> int:
    """Deletes responses by key, so that they are generated again; how many."""
    return sum(delete(cache, RESPONSES.c.key.in_(chunk)) for chunk in chunks(keys))


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

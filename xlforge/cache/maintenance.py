"""Maintenance: finds damaged responses and saves the others, deletes responses, and gives disk space back.

A response is whole if its key is the hash of its request, and its digest that of the rest. A damaged SQLite file is read row by row, so
that one bad page costs only the responses on it.
"""

import hashlib
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa

from xlforge.cache.cache import Cache
from xlforge.cache.database import CacheError, Row, chunks
from xlforge.cache.tables import CLIENTS, RESPONSES, SPENDING, digest

DAY = 86_400.0
_PAGE, _BATCH = 5000, 200
_SMALLEST_ROW = 64
"""Bytes: a bound for the number of rows in a file that cannot count them."""


@dataclass(frozen=True)
class Damage:
    """key: of the response; None where only the file is known to be damaged."""

    key: str | None
    description: str


def read(cache: Cache) -> Iterator[Row | Damage]:
    """Every response that is whole, in the order of the keys, and what is damaged."""
    last, found = "", list(_file_faults(cache))
    yield from found
    if not found:
        try:
            query = sa.select(RESPONSES).order_by(RESPONSES.c.key).limit(_PAGE)
            while page := cache.database.rows(query.where(RESPONSES.c.key > last)):
                yield from map(_checked, page)
                last = page[-1].key
            return
        except CacheError as error:
            if cache.database.dialect != "sqlite":
                raise
            yield Damage(None, str(error.__cause__ and getattr(error.__cause__, "orig", error)))
    readable = {}
    for each in _row_by_row(cache):
        if isinstance(each, Damage):
            yield each
        elif each.key > last:
            readable[each.key] = each
    yield from (_checked(readable[key]) for key in sorted(readable))


def _file_faults(cache: Cache) -> Iterator[Damage]:
    if cache.database.dialect != "sqlite":
        return
    try:
        messages = [str(row[0]) for row in cache.database.rows(sa.text("PRAGMA quick_check(10)"))]
    except CacheError as error:
        messages = [str(error)]
    yield from (Damage(None, message) for message in messages if message != "ok")


def _row_by_row(cache: Cache) -> Iterator[Row | Damage]:
    """Every row of the table that SQLite can read, by the table's own order: in batches, and one by one where a batch fails."""
    query = sa.select(*RESPONSES.c).order_by(sa.text("rowid"))
    try:
        end = int(cache.database.rows(sa.text("SELECT max(rowid) FROM responses"))[0][0] or 0)
    except CacheError:
        end = Path(cache.database.engine.url.database or "").stat().st_size // _SMALLEST_ROW
    for start in range(1, end + 1, _BATCH):
        stop = min(start + _BATCH - 1, end)
        try:
            yield from cache.database.rows(query.where(sa.text(f"rowid BETWEEN {start} AND {stop}")))
        except CacheError:
            for number in range(start, stop + 1):
                try:
                    yield from cache.database.rows(query.where(sa.text(f"rowid = {number}")))
                except CacheError:
                    yield Damage(None, f"row {number} of the table cannot be read")


def _checked(row: Row) -> Row | Damage:
    fault = _fault(row)
    return row if fault is None else Damage(str(row.key), fault)


def _fault(row: Row) -> str | None:
    try:
        canonical = zlib.decompress(row.request)
        request = orjson.loads(canonical)
        named = request["model"], request["revision"]
        row.text.decode("utf-8", "surrogatepass")
        found = digest(row._asdict())
    except zlib.error as error:
        return f"its request cannot be decompressed ({error})"
    except UnicodeDecodeError as error:
        return f"its text cannot be decoded ({error.reason} at {error.start})"
    except (TypeError, ValueError, KeyError, AttributeError) as error:
        return f"it cannot be read ({type(error).__name__})"
    if hashlib.sha256(canonical).hexdigest() != row.key:
        return "the key is not the hash of its request"
    if named != (row.model, row.revision):
        return f"its model is {row.model}@{row.revision}, its request's {named[0]}@{named[1]}"
    return None if found == row.digest else "it is not what was written: its digest is another"


def rescue(cache: Cache) -> tuple[int, Path]:
    """Replaces a damaged SQLite file by a new one with every response that is whole. Spending is kept where it can be read.

    Returns:
        How many responses the new file has, and where the damaged file is now.

    Raises:
        CacheError: a build uses the cache.
    """
    path = Path(cache.database.engine.url.database or "")
    now = cache.database.do(cache.database.clock)
    if any(row.until > now for row in _readable(cache, CLIENTS)):
        raise CacheError(f"a build uses the cache {cache}: wait until it has ended")
    fresh, kept = path.with_name(f"{path.name}.rescued"), path.with_name(f"{path.name}.damaged")
    fresh.unlink(missing_ok=True)
    count = 0
    with Cache(f"sqlite:///{fresh}") as new:
        for chunk in chunks(row._asdict() for row in read(cache) if not isinstance(row, Damage)):
            _insert(new, RESPONSES, chunk)
            count += len(chunk)
        if spent := [row._asdict() for row in _readable(cache, SPENDING)]:
            _insert(new, SPENDING, spent)
    cache.close()
    path.replace(kept)
    for suffix in ("-wal", "-shm"):
        if (part := Path(f"{path}{suffix}")).exists():
            part.replace(f"{kept}{suffix}")
    fresh.replace(path)
    return count, kept


def _insert(cache: Cache, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    cache.database.do(lambda connection: connection.execute(sa.insert(table), rows))


def _readable(cache: Cache, table: sa.Table) -> list[Row]:
    try:
        return list(cache.database.rows(sa.select(table)))
    except CacheError:
        return []


def condition(cache: Cache, older_than: float | None = None, **equal: str | int | None) -> sa.ColumnElement[bool]:
    """The condition that a response meets all of these.

    Args:
        cache: whose clock counts.
        older_than: it was generated more than so many days ago.
        equal: what its columns hold, such as `model`, `revision` and `tokens_in`; None for any value.
    """
    parts = [RESPONSES.c[name] == value for name, value in equal.items() if value is not None]
    if older_than is not None:
        parts.append(RESPONSES.c.created_at < cache.database.do(cache.database.clock) - older_than * DAY)
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

"""Damaged responses: finds them, and saves the others, where a disk or somebody changed what was written.

A response is whole if its key is the hash of its request, and its digest that of the rest. A damaged SQLite file is read row by row, so
that one bad page costs only the responses on it.
"""

import hashlib
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa

from xlforge.cache.cache import Cache
from xlforge.cache.database import CacheError, chunks
from xlforge.cache.tables import CLIENTS, RESPONSES, SPENDING, digest

Row = sa.Row[*tuple[Any, ...]]
_BATCH = 200
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
            for page in cache.pages(*RESPONSES.c):
                for row in page:
                    yield _checked(row)
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
    for key in sorted(readable):
        yield _checked(readable[key])


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

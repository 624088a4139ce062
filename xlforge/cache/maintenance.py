"""Care of the store: what may be deleted, whether all is well, and space given back."""

from __future__ import annotations

import hashlib
import zlib
from collections import Counter
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import orjson
import sqlalchemy as sa

from xlforge.cache.cache import Cache
from xlforge.cache.database import CacheError, chunks
from xlforge.cache.runs import all_runs
from xlforge.cache.tables import ANSWERS, RUNS, among

DAY = 86_400.0
_PAGE = 5000


@dataclass
class Garbage:
    """What may go. models: answers and tokens bought, by model. keys: of these answers. runs: that no revision holds."""

    models: dict[str, Counter[str]] = field(default_factory=dict)
    keys: list[str] = field(default_factory=list)
    runs: list[str] = field(default_factory=list)
    unknown: int = 0
    """Answers that no remembered run took, which `unused` leaves alone: bought by builds that did not end, or imported."""


def garbage(
    store: Cache,
    *,
    older: float | None = None,
    model: str | None = None,
    revision: str | None = None,
    made: Collection[tuple[str, str]] | None = None,
    grace: float = 0.0,
) -> Garbage:
    """The answers that meet every condition given.

    older: bought more than so many days ago. model, revision: of these alone. made: the (stage, MD5 of rows.parquet) of every revision's
    dvc.lock; answers then go where each run that took them made something else and is more than `grace` days old.
    """
    query = sa.select(ANSWERS.c.key, ANSWERS.c.model, ANSWERS.c.tokens_in, ANSWERS.c.tokens_out).order_by(ANSWERS.c.key)
    found = Garbage()
    with store.database.engine.connect() as connection:
        now = store.database.clock(connection)
        if older is not None:
            query = query.where(ANSWERS.c.bought_at < now - older * DAY)
        if model is not None:
            query = query.where(ANSWERS.c.model == model)
        if revision is not None:
            query = query.where(ANSWERS.c.revision == revision)
        used: set[bytes] = set()
        dropped: set[bytes] = set()
        if made is not None:
            for run in all_runs(connection):
                if (run.stage, run.rows) in made or run.finished_at > now - grace * DAY:
                    used |= run.keys
                else:
                    dropped |= run.keys
                    found.runs.append(run.run)
        for key, name, tokens_in, tokens_out in connection.execution_options(yield_per=_PAGE).execute(query):
            digest = bytes.fromhex(key) if made is not None else b""
            if made is not None and (digest in used or digest not in dropped):
                found.unknown += digest not in used
                continue
            found.keys.append(key)
            counts = found.models.setdefault(name, Counter())
            counts.update(answers=1, tokens_in=tokens_in, tokens_out=tokens_out)
    return found


def delete(store: Cache, found: Garbage) -> int:
    """Delete it; how many answers went."""
    database = store.database
    chosen = sa.delete(ANSWERS).where(among(database.dialect, ANSWERS.c.key))
    gone = sum(database.change(chosen, {"keys": chunk}) for chunk in chunks(found.keys))
    for chunk in chunks(found.runs):
        database.change(sa.delete(RUNS).where(RUNS.c.run.in_(chunk)))
    return gone


def faults(store: Cache) -> Iterator[tuple[str | None, str]]:
    """What is wrong, as (key, words): keys that are not the hash of their request, words that do not decode, damage to the file."""
    if store.database.dialect == "sqlite":
        with store.database.engine.connect() as connection:
            for said in connection.exec_driver_sql("PRAGMA quick_check(10)").scalars():
                if said != "ok":
                    yield None, str(said)
    last = ""
    while True:
        query = sa.select(ANSWERS).where(ANSWERS.c.key > last).order_by(ANSWERS.c.key).limit(_PAGE)
        page = store.database.rows(query)
        if not page:
            return
        for row in page:
            if (fault := _fault(row)) is not None:
                yield row.key, fault
        last = page[-1].key


def _fault(row: sa.Row[*tuple[Any, ...]]) -> str | None:
    try:
        canonical = zlib.decompress(row.request)
    except zlib.error as error:
        return f"its request cannot be unpacked ({error})"
    if hashlib.sha256(canonical).hexdigest() != row.key:
        return "the key is not the hash of its request"
    request = orjson.loads(canonical)
    if (request["model"], request["revision"]) != (row.model, row.revision):
        return f"its model is {row.model}@{row.revision}, its request's {request['model']}@{request['revision']}"
    try:
        row.words.decode("utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        return f"its words do not decode ({error.reason} at {error.start})"
    if row.tokens_in < 0 or row.tokens_out < 0:
        return "it has a negative number of tokens"
    return None


def drop(store: Cache, keys: Iterable[str]) -> int:
    """Delete answers, so that they are bought again; how many."""
    return delete(store, Garbage(keys=list(keys)))


def vacuum(store: Cache) -> tuple[int, int]:
    """Give back the space of what was deleted; bytes before and after. Raises CacheError where a build holds the store.

    Postgres keeps the space for new answers, since it would have to lock out every build to give it back.
    """
    before = size(store)
    engine = store.database.engine.execution_options(isolation_level="AUTOCOMMIT")
    try:
        with engine.connect() as connection:
            if store.database.dialect == "sqlite":
                connection.exec_driver_sql("VACUUM")
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            else:
                connection.exec_driver_sql("VACUUM (ANALYZE) answers, runs, claims, buyers")
    except sa.exc.OperationalError as error:
        raise CacheError(f"the store {store} cannot be vacuumed: {error.orig}; wait until no build uses it") from error
    return before, size(store)


def size(store: Cache) -> int:
    """Bytes on disk: the file and its journal, or the tables with their indexes."""
    if store.database.dialect == "sqlite":
        file = Path(store.database.engine.url.database or "")
        return sum(path.stat().st_size for path in (file, Path(f"{file}-wal")) if path.exists())
    with store.database.engine.connect() as connection:
        return int(
            connection.scalar(
                sa.text("SELECT sum(pg_total_relation_size(n::regclass)) FROM unnest(ARRAY['answers', 'runs']) n")
            )
            or 0
        )

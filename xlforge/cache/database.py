"""The database behind the store's URL: opened, brought up to date, and asked again where its server went away for a while."""

from __future__ import annotations

import random
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from threading import Lock
from typing import Any, TypeVar

import sqlalchemy as sa

from xlforge.base.errors import BuildError
from xlforge.cache.tables import BACKENDS

NEWEST = "0003"
"""The newest migration."""

_BUSY = 120.0
_AT_OPENING, _LATER = 10.0, 120.0
_FIRST_WAIT, _LONGEST_WAIT = 0.1, 2.0
_PASSING_STATES = ("08", "40", "53300", "57P")
_PASSING_WORDS = (
    "refused",
    "starting up",
    "shutting down",
    "closed",
    "terminat",
    "reset by peer",
    "timeout",
    "broken pipe",
)
_LIVELY = {"connect_timeout": "10", "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}
_LOCK_NUMBER = 0x786C666F
_MIGRATING = Lock()

T = TypeVar("T")


class CacheError(BuildError):
    """The store cannot be opened, read or written; the message says which it is and what to do."""


class Database:
    """A database that holds a store, of the newest version. Raises CacheError when there is no such database."""

    def __init__(self, url: str) -> None:
        self.engine = _engine(url)
        self.dialect = self.engine.dialect.name
        self._patience = _AT_OPENING
        try:
            self._prepare()
        except sa.exc.SQLAlchemyError as error:
            self.engine.dispose()
            raise CacheError(
                f"the store {self} cannot be opened: {cause(error)}; set XLFORGE_CACHE to one that can"
            ) from error
        self._patience = _LATER

    def __str__(self) -> str:
        return self.engine.url.render_as_string(hide_password=True)

    def do(self, work: Callable[[sa.Connection], T], patience: float | None = None) -> T:
        """What `work` returns of one transaction, begun anew, for two minutes or `patience` seconds, while the server is away.

        So `work` may happen twice: where the commit's acknowledgement was lost, it finds what it did the first time.
        """
        until, wait = time.monotonic() + (self._patience if patience is None else patience), _FIRST_WAIT
        while True:
            try:
                with self.engine.begin() as connection:
                    return work(connection)
            except sa.exc.DBAPIError as error:
                if not self._passes(error) or time.monotonic() + wait > until:
                    raise
            time.sleep(wait * random.uniform(0.5, 1))
            wait = min(2 * wait, _LONGEST_WAIT)

    def rows(
        self, query: sa.Select[Any], parameters: dict[str, Any] | None = None
    ) -> Sequence[sa.Row[*tuple[Any, ...]]]:
        """All rows of a query."""
        return self.do(lambda connection: connection.execute(query, parameters).all())

    def change(self, command: sa.Delete, parameters: dict[str, Any] | None = None) -> int:
        """How many rows a command changed."""
        return self.do(lambda connection: int(connection.execute(command, parameters).rowcount))

    def clock(self, connection: sa.Connection) -> float:
        """Seconds since the epoch, by the one clock that all who share the store agree on."""
        if self.dialect == "postgresql":
            return float(connection.scalar(sa.select(sa.func.extract("epoch", sa.func.clock_timestamp()))) or 0)
        return time.time()

    def _passes(self, error: sa.exc.DBAPIError) -> bool:
        """Whether it is the server, and only for a while. SQLite waits by itself."""
        if self.dialect != "postgresql":
            return False
        state = getattr(error.orig, "sqlstate", None)
        if state:
            return str(state).startswith(_PASSING_STATES)
        return error.connection_invalidated or any(word in str(error.orig).lower() for word in _PASSING_WORDS)

    def _prepare(self) -> None:
        found = self.do(_version)
        if found == NEWEST:
            return
        with _MIGRATING:
            self.do(self._migrate)
        self.engine.dispose()

    def _migrate(self, connection: sa.Connection) -> None:
        """To the newest version, by one at a time; the others wait and find it done."""
        if self.dialect == "postgresql":
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK_NUMBER)))
        else:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
        found = _version(connection)
        if found == NEWEST:
            return
        from xlforge.cache.migrations import known, upgrade

        if found is not None and found not in known():
            raise CacheError(
                f"the store {self} has version {found}, and this xlforge knows versions up to {NEWEST}: set XLFORGE_CACHE to "
                "another store, or use the xlforge that wrote this one"
            )
        upgrade(connection, found)


def _version(connection: sa.Connection) -> str | None:
    """The migration that the store is at, the first where it is older than migrations are; None for no store."""
    tables = sa.inspect(connection).get_table_names()
    if "alembic_version" in tables:
        return str(connection.scalar(sa.text("SELECT version_num FROM alembic_version")))
    if "store_version" not in tables:
        return None
    first = connection.scalars(sa.text("SELECT version FROM store_version")).all()
    return "0001" if list(first) == [1] else ", ".join(map(str, first))


def _engine(url: str) -> sa.Engine:
    try:
        parsed = sa.make_url(url)
    except sa.exc.ArgumentError as error:
        raise CacheError(
            "XLFORGE_CACHE is no database URL; write it as sqlite:///path or postgresql+psycopg://host/name"
        ) from error
    name = parsed.get_backend_name()
    if name not in BACKENDS:
        raise CacheError(f"the store cannot be kept in {name}: set XLFORGE_CACHE to a sqlite: or postgresql: URL")
    if name == "postgresql":
        return _postgres(parsed)
    if parsed.database and parsed.database != ":memory:":
        try:
            Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise CacheError(
                f"the store's folder cannot be made: {error}; set XLFORGE_CACHE to a place that can"
            ) from error
    engine = sa.create_engine(parsed, connect_args={"timeout": _BUSY})
    sa.event.listen(engine, "connect", _sqlite)
    return engine


def _postgres(url: sa.URL) -> sa.Engine:
    url = url.set(drivername="postgresql+psycopg") if url.drivername == "postgresql" else url
    lively = {name: value for name, value in _LIVELY.items() if name not in url.query}
    try:
        return sa.create_engine(url, pool_pre_ping=True, connect_args=lively)
    except ImportError as error:
        raise CacheError(f"a store on Postgres needs a driver ({error}): pip install 'xlforge[postgres]'") from error


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


def chunks(values: Iterable[T], size: int = 1000) -> Iterator[list[T]]:
    """Lists of at most `size` values."""
    rest = iter(values)
    while chunk := list(islice(rest, size)):
        yield chunk


def cause(error: BaseException) -> str:
    """What the database itself said, without the statement and its parameters."""
    return str(getattr(error, "orig", None) or error).strip()
